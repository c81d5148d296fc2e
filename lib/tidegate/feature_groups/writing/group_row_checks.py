"""The checks of every row of a group: its key, its times, and the expectations of the definition."""

from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.expectations import Expectation
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.moments import FIRST, LAST, moment_literal
from tidegate.schema import quoted


def row_checks(group: FeatureGroup) -> tuple[Expectation, ...]:
    """Return the checks of key and times, which every group has, and then the expectations, in the order of their bits."""
    there = map(_is_there, (*group.entity_key, EVENT_TIME, AVAILABLE_AT))
    in_calendar = map(_is_in_calendar, (EVENT_TIME, AVAILABLE_AT))
    kinds = {field.name: field.type for field in group.fields}
    numbers = [name for name in group.entity_key if isinstance(kinds[name], (T.DoubleType, T.FloatType))]
    return (*there, *in_calendar, *map(_is_finite, numbers), *map(_of_values, group.expectations))


def _is_there(column: str) -> Expectation:
    return Expectation(f"{column} is there", f"{quoted(column)} IS NOT NULL")


def _is_in_calendar(column: str) -> Expectation:
    """Spark has years that Python and most other programs don't have. Such a time could be stored, but nobody could read it."""
    condition = f"{quoted(column)} BETWEEN {moment_literal(FIRST)} AND {moment_literal(LAST)}"
    return Expectation(f"{column} lies in the years 1 to 9999", condition)


def _is_finite(column: str) -> Expectation:
    return Expectation(f"{column} is a number", f"abs({quoted(column)}) < double('inf')")


def _of_values(expectation: Expectation) -> Expectation:
    """Let a tombstone pass an expectation of the definition, because it has no values."""
    condition = expectation.condition
    if isinstance(condition, str):
        return Expectation(expectation.name, f"{TOMBSTONE} OR (\n{condition}\n)", expectation.action)
    return Expectation(expectation.name, lambda: F.col(TOMBSTONE) | condition(), expectation.action)
