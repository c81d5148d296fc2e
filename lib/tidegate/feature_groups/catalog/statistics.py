"""Statistics of the features of one batch: the aggregates for one pass over its rows, and their results."""

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
# Spark generates no code for an aggregation that contains a sketch. So sketches can be computed apart from the other aggregates.
Part = Literal["all", "sketches", "others"]


@dataclass(frozen=True)
class Quantile:
    """The smallest value such that this share of the finite values is less than or equal to it. Exact up to 2,000 rows."""

    probability: float
    value: float


@dataclass(frozen=True)
class TopValue:
    """A frequent value and the number of its rows. A text of more than 80 characters is cut after the 79th and ends with `…`."""

    value: str
    count: int


@dataclass(frozen=True)
class FeatureStatistics:
    """Statistics of one feature over the counted rows of one batch. The attributes have the names of the table's columns.

    A statistic is None or empty if it doesn't exist for the feature's type or if there is no value to compute it from.

    Attributes:
        feature: Column of the group, or `event_time`.
        type: Spark type.
        rows: Number of counted rows, including those with NULL.
        nulls: Number of rows with NULL.
        not_finite: Number of NaN and infinite values of a float or double. The following statistics ignore these values.
        minimum: The smallest number. For a date or timestamp: seconds since 1970, UTC.
        maximum: The largest number.
        minimum_text: The minimum as text. It is exact also if a double can't represent the value.
        maximum_text: The maximum as text.
        mean: Mean of the numbers; None if it is too large for a double.
        deviation: Sample standard deviation; None for one row, or if it is too large for a double.
        quantiles: Quantiles of the numbers, for each of `PROBABILITIES`.
        true_share: Share of true among the boolean values that are not NULL.
        shortest: Number of characters of the shortest text.
        longest: Number of characters of the longest text.
        distinct: Estimated number of distinct values of texts, whole numbers and keys. The standard error is 1.6 %.
        top: The most frequent values of texts and keys, at most ten. Empty if no value is frequent.
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
        """Share of the counted rows with NULL; None if no row was counted."""
        return self.nulls / self.rows if self.rows else None


def statistics_columns(group: FeatureGroup, counted: str, part: Part = "all") -> list[Column]:
    """Return the aggregates for the statistics of a group's features, one struct for each feature. They can share an `agg`.

    Personal columns are left out. For all other columns the table of statistics stores the smallest, largest and most frequent
    values, also if the rows are data of people. So a column whose values must be forgotten together with the person has to be
    declared personal.

    Args:
        group: The feature group.
        counted: SQL condition on the rows of the group. A row is not counted if it is false or NULL. It appears in every
            aggregate, so the name of a boolean column is best. It must be false for tombstones, because they have no values.
        part: Which aggregates to return. For many rows, two aggregations with one part each are faster than one with all.
    """
    parts = [_part(_measures(group, field, f"({counted})"), part) for field in counted_fields(group)]
    structs = [(position, named_struct(measures.items())) for position, measures in enumerate(parts) if measures]
    return [F.expr(struct).alias(f"{PREFIX}{position}") for position, struct in structs]


def feature_statistics(group: FeatureGroup, *rows: Row) -> tuple[FeatureStatistics, ...]:
    """Return the statistics from the results of the aggregates of `statistics_columns`.

    Args:
        group: The feature group.
        *rows: The rows with the results, one for each part that was computed.

    Returns:
        The statistics in the order of the group's fields.
    """
    names = [(f"{PREFIX}{position}", field) for position, field in enumerate(counted_fields(group))]
    found = [(field, [row[name].asDict() for row in rows if name in row]) for name, field in names]
    return tuple(_found(field, dict(ChainMap(*measured))) for field, measured in found)


def counted_fields(group: FeatureGroup) -> list[Field]:
    """Return the fields that have statistics: all fields that are not personal, and event_time."""
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
