"""A group's table as a write finds it."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame

from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.writing.batch import StateMark
from tidegate.subjects.suppression_check import SuppressionCheck
from tidegate.tables.read import current_version, read_table
from tidegate.tables.store import Store


@dataclass(frozen=True)
class Target:
    """A group's table as a write finds it.

    Attributes:
        store: The store.
        path: The table.
        group: The feature group.
        buckets: In how many buckets the table lies.
        marks: The full states that were loaded.
        check: The suppression list that the batch was judged by.
        settled: The moment below which nothing changes any more, if there is one.
    """

    store: Store
    path: str
    group: FeatureGroup
    buckets: int
    marks: tuple[StateMark, ...]
    check: SuppressionCheck
    settled: datetime | None = None

    @property
    def rows(self) -> DataFrame:
        """All rows of the version that is the newest now."""
        return read_table(self.store.spark, self.path, current_version(self.store.spark, self.path))
