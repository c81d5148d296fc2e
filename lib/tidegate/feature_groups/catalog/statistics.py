"""Statistics of the features of one batch: the aggregates for one pass over its rows, and what they found."""

import math
from collections import ChainMap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pyspark.sql import Column, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.feature_groups.catalog.measures import (
    MOST_TOP_VALUES,
    PROBABILITIES,
    Counted,
    Measures,
    is_sketched,
    measures_of_feature,
    measures_of_key,
    measures_of_rows,
)
from tidegate.feature_groups.definition import EVENT_TIME, FeatureGroup
from tidegate.schema import Field, named_struct, quoted

PREFIX = "_statistics_"
# Sketches are objects, and an aggregate with one of them interprets all its others; without them code is generated.
Part = Literal["all", "sketches", "others"]


@dataclass(frozen=True)
class Quantile:
    """The smallest value below or at which this share of the finite values lies; exact up to 2,000 rows."""

    probability: float
    value: float


@dataclass(frozen=True)
class TopValue:
    """A frequent value and in how many rows it stands; a text of more than 80 characters ends with `…` after the 79th."""

    value: str
    count: int


@dataclass(frozen=True)
class FeatureStatistics:
    """What the counted rows of one batch say of one feature; attributes are named as the table's columns.

    A measure that doesn't fit the feature's type, or has no value to be taken of, is None or empty.

    Attributes:
        feature: Column of the group, or `event_time`.
        type: Spark type.
        rows: Rows that were counted, those with NULL among them.
        nulls: Rows with NULL.
        not_finite: NaN and infinities of a float or double; they take no part in what follows.
        minimum: Least number; of a date or timestamp in seconds since 1970, UTC.
        maximum: Greatest number.
        minimum_text: The minimum as text, exact where a double is not.
        maximum_text: The maximum as text.
        mean: Mean of a number; None where it is beyond a double.
        deviation: Standard deviation of a sample; None for one row, and beyond a double.
        quantiles: Of a number, at `PROBABILITIES`.
        true_share: Share of the boolean's values that are true, NULL left out.
        shortest: Least number of characters of a text.
        longest: Greatest number of characters.
        distinct: Estimate of how many different values there are, its standard error is 1.6 %: of texts, whole numbers, keys.
        top: The most frequent values of texts and keys, at most ten; empty where no value is frequent.
    """

    feature: str
    type: str
    rows: int
    nulls: int
    not_finite: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    minimum_text: str | None = None
    maximum_text: str | None = None
    mean: float | None = None
    deviation: float | None = None
    quantiles: tuple[Quantile, ...] = ()
    true_share: float | None = None
    shortest: int | None = None
    longest: int | None = None
    distinct: int | None = None
    top: tuple[TopValue, ...] = ()

    @property
    def null_share(self) -> float | None:
        """Share of the counted rows with NULL; None where no row was counted."""
        return self.nulls / self.rows if self.rows else None


def statistics_columns(group: FeatureGroup, counted: str, part: Part = "all") -> list[Column]:
    """Return aggregates that count the features of a group, to be taken in one `agg` with others; one struct a feature.

    Personal columns are left out. Of the values of other columns the table of statistics keeps extremes and frequent ones, also
    where a row holds a person's data: what must be forgotten with the person has to be declared personal.

    Args:
        group: The feature group.
        counted: SQL condition on the group's rows, best the name of a boolean column, because it stands in every aggregate.
            Where it is false or NULL a row is not counted. The caller leaves out tombstones: they have no values.
        part: Which of them; of many rows two aggregates, each over a part, take less time than one over all.
    """
    parts = [_part(_measures(group, field, f"({counted})"), part) for field in counted_fields(group)]
    structs = [(position, named_struct(measures.items())) for position, measures in enumerate(parts) if measures]
    return [F.expr(struct).alias(f"{PREFIX}{position}") for position, struct in structs]


def feature_statistics(group: FeatureGroup, *rows: Row) -> tuple[FeatureStatistics, ...]:
    """Return what the aggregates of `statistics_columns` found, of each part in a row, in the order of the group's fields."""
    names = [(f"{PREFIX}{position}", field) for position, field in enumerate(counted_fields(group))]
    found = [(field, [row[name].asDict() for row in rows if name in row]) for name, field in names]
    return tuple(_found(field, dict(ChainMap(*measured))) for field, measured in found)


def counted_fields(group: FeatureGroup) -> list[Field]:
    """Return the fields that statistics are kept of: all but the personal ones, and event_time."""
    fields = [field for field in group.fields if field.name not in group.personal_columns]
    return [*fields, Field(EVENT_TIME, T.TimestampType(), "when the described thing was true")]


def _measures(group: FeatureGroup, field: Field, condition: str) -> dict[str, str]:
    counted = Counted(quoted(field.name), condition)
    measures = measures_of_key if field.name in group.entity_key else measures_of_feature
    return measures_of_rows(counted) | measures(counted, field.type)


def _part(measures: Measures, part: Part) -> Measures:
    if part == "all":
        return measures
    return {name: sql for name, sql in measures.items() if is_sketched(sql) == (part == "sketches")}


def _found(field: Field, measured: dict[str, Any]) -> FeatureStatistics:
    values = measured.pop("quantiles", None) or []
    if "finite" in measured:
        measured["not_finite"] = measured["rows"] - measured["nulls"] - measured.pop("finite")
        measured |= _ends(values)
        values = values[1:-1]
    measured |= {name: _finite(measured.get(name)) for name in ("mean", "deviation")}
    quantiles = tuple(map(Quantile, PROBABILITIES, values))
    top = _top_values(measured.pop("top", None) or [])
    return FeatureStatistics(field.name, field.type.simpleString(), **measured, quantiles=quantiles, top=top)


def _ends(quantiles: Sequence[float]) -> dict[str, Any]:
    if not quantiles:
        return {}
    first, last = quantiles[0], quantiles[-1]
    return {"minimum": first, "maximum": last, "minimum_text": repr(first), "maximum_text": repr(last)}


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _top_values(found: Sequence[Row]) -> tuple[TopValue, ...]:
    values = [TopValue(str(row["item"]), row["count"]) for row in found if row["item"] is not None]
    return tuple(sorted(values, key=lambda top: (-top.count, top.value))[:MOST_TOP_VALUES])
