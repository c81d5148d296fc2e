"""What is checked of every row of a group: its key and times, and what the definition expects."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.expectations import Expectation
from tidegate.expectations.row_checks import breaks, broken_bits, broken_names
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE, FeatureGroup

BROKEN = "_broken"


@dataclass(frozen=True)
class RowChecks:
    """The checks of a group's rows, in the order of their bits."""

    expectations: tuple[Expectation, ...]

    @staticmethod
    def of(group: FeatureGroup) -> "RowChecks":
        """Return the checks of keys and times, which every group has, and those of the definition."""
        there = map(_is_there, (*group.entity_key, EVENT_TIME, AVAILABLE_AT))
        kinds = {field.name: field.type for field in group.fields}
        numbers = [name for name in group.entity_key if isinstance(kinds[name], (T.DoubleType, T.FloatType))]
        return RowChecks((*there, *map(_is_finite, numbers), *map(_of_values, group.expectations)))

    def judged(self, rows: DataFrame) -> DataFrame:
        """Add which checks each row breaks, as bits."""
        return rows.withColumn(BROKEN, broken_bits(self.expectations))

    def refusal(self) -> Column:
        """Why a judged row does not take part: failed, quarantined or dropped; NULL where it does."""
        kinds = {"failed": "fail", "quarantined": "quarantine", "dropped": "drop"}
        found = [F.when(breaks(BROKEN, self.expectations, action), standing) for standing, action in kinds.items()]  # type: ignore[arg-type]
        return F.coalesce(*found)

    def reasons(self) -> Column:
        """The names of the checks that a judged row breaks."""
        return broken_names(BROKEN, self.expectations)


def _is_there(column: str) -> Expectation:
    return Expectation(f"{column} is there", lambda: F.col(f"`{column}`").isNotNull())


def _is_finite(column: str) -> Expectation:
    return Expectation(f"{column} is a number", lambda: F.abs(f"`{column}`") < F.lit(float("inf")))


def _of_values(expectation: Expectation) -> Expectation:
    """A tombstone has no values, so nothing is expected of them."""
    return Expectation(expectation.name, lambda: F.col(TOMBSTONE) | expectation.column(), expectation.action)
