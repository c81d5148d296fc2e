"""Random declarations of aggregates over the columns of the generated worlds."""

import math
import random
from collections.abc import Mapping
from datetime import timedelta

from tests.properties.aggregates_oracle import MICROSECOND, Condition

from tidegate.point_in_time.aggregates.aggregate import NUMBER_OPERATIONS, VALUE_OPERATIONS, WITHOUT_COLUMN, Aggregate
from tidegate.point_in_time.aggregates.windows import CalendarDays, LastRows, Window

# The columns of a row, as Spark's types.
COLUMNS: Mapping[str, str] = {
    "word": "string",
    "number": "int",
    "kind": "string",
    "flight": "int",
    "x": "double",
    "single": "float",
    "whole": "bigint",
    "small": "int",
    "money": "decimal(14,2)",
    "wide": "decimal(36,10)",
    "text": "string",
    "at": "timestamp",
    "day": "date",
    "yes": "boolean",
    "tiny": "tinyint",
    "bytes": "binary",
    "wall": "timestamp_ntz",
    "list": "array<int>",
}
NUMBERS = ("x", "x", "x", "single", "whole", "small", "tiny", "money", "wide")
VALUES = (*NUMBERS, "text", "at", "day", "yes", "kind", "bytes", "wall")
# Values of these types can't be sorted.
ONLY_TAKEN = ("list",)
BY = ("kind", "kind", "number", "flight", "yes", "day", "money", "text", "small", "x", "at", "bytes", "wall", "tiny")
OPERATIONS = (*WITHOUT_COLUMN, *NUMBER_OPERATIONS, *VALUE_OPERATIONS, "count_distinct")
ZONES = (
    "America/New_York",
    "Europe/Warsaw",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
)


def _greater(value: object, than: float) -> bool | None:
    # In Spark NaN is greater than every other number.
    return None if value is None else math.isnan(value) or value > than


# Tasks can't evaluate it.
ONLY_SPARK = "upper(kind) = 'A'"
# SQL conditions with the same in Python.
CONDITIONS: Mapping[str, Condition] = {
    "kind = 'a'": lambda row: None if row["kind"] is None else row["kind"] == "a",
    "x > 0.25": lambda row: _greater(row["x"], 0.25),
    ONLY_SPARK: lambda row: None if row["kind"] is None else row["kind"] == "a",
    "yes": lambda row: row["yes"],
    "flight IS NULL OR small < 0": lambda row: row["flight"] is None or (None if row["small"] is None else row["small"] < 0),
}


def drawn_aggregates(draw: random.Random, unit: int, count: int) -> tuple[Aggregate, ...]:
    """Draw aggregates of every kind; their spans are multiples of a unit in microseconds, or a microsecond more."""
    return tuple(_aggregate(draw, unit, OPERATIONS[place % len(OPERATIONS)]) for place in range(count))


def _aggregate(draw: random.Random, unit: int, operation: str) -> Aggregate:
    column = _column(draw, operation)
    several = operation in ("first", "last")
    window, offset, ahead = _spans(draw, unit)
    return Aggregate(
        operation,
        column,
        window=window,
        where=draw.choice([None, None, *CONDITIONS]),
        by=draw.choice([None, None, draw.choice(BY)]),
        most=draw.choice([1, 2, 100]),
        offset=offset,
        ahead=ahead,
        n=draw.choice([None, 1, 2, 5]) if several else None,
        skip_null=draw.random() < 0.6 if several else True,
        condition=draw.choice(list(CONDITIONS)) if operation == "share" else None,
    )


def _column(draw: random.Random, operation: str) -> str | None:
    if operation == "share":
        return None
    if operation in ("count", "time_since_last"):
        return draw.choice([None, "x", "text"])
    if operation in ("first", "last"):
        return draw.choice((*VALUES, *ONLY_TAKEN))
    return draw.choice(VALUES if operation in (*VALUE_OPERATIONS, "count_distinct") else NUMBERS)


def _spans(draw: random.Random, unit: int) -> tuple[Window, timedelta, timedelta | None]:
    if draw.random() < 0.12:
        return None, timedelta(0), draw.choice([1, 3, 1000]) * unit * MICROSECOND
    spans = [MICROSECOND, unit * MICROSECOND, 2 * unit * MICROSECOND, (4 * unit + 1) * MICROSECOND, timedelta(days=2_000)]
    days = CalendarDays(draw.choice([1, 1, 2, 7, 400]), draw.choice(ZONES))
    window = draw.choice([*spans, None, LastRows(draw.choice([1, 2, 3, 50])), days])
    return window, draw.choice([0, 0, 0, 1, unit, 3 * unit]) * MICROSECOND, None
