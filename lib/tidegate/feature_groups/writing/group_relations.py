"""Look up in the store what a batch of a feature group is compared with: another group, or the batch before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.expectations.relations import Change, Reference
from tidegate.feature_groups.catalog.statistics import FeatureStatistics
from tidegate.feature_groups.catalog.statistics_table import newest_commits, statistics_frame
from tidegate.feature_groups.definition import EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.read import current_rows
from tidegate.tables.create import table_exists
from tidegate.tables.read import read_table
from tidegate.tables.store import Store


@dataclass(frozen=True)
class Relations:
    """A batch, and the store in which its expectations look something up.

    Attributes:
        store: The store.
        group: The group of the batch.
        rows: The accepted rows of the batch.
        statistics: A function that returns the statistics of these rows.
    """

    store: Store
    group: FeatureGroup
    rows: DataFrame
    statistics: Callable[[], Sequence[FeatureStatistics]]

    def look_up(self, relation: Reference | Change) -> object:
        """Return the value that the `complaint` of a batch expectation with this relation gets.

        For a `Reference`: the number of missing entities, or a text if they can't be looked up. For a `Change`: the measure in
        this batch and in the batch before.
        """
        return self._missing(relation) if isinstance(relation, Reference) else self._beside_last(relation)

    def _missing(self, reference: Reference) -> int | str:
        """Return the number of entities that the other group does not have, or the reason why they can't be looked up."""
        other: FeatureGroup = reference.group
        path = self.store.layout.feature_group(other.full_name)
        if not table_exists(self.store.spark, path):
            return f"feature group {other.full_name} was never written; load it first"
        there = current_rows(read_table(self.store.spark, path), other).select(*other.entity_key)
        named = self.rows.where(~F.col(TOMBSTONE)).select(*reference.columns).dropna().distinct()
        kinds = [[field.dataType.simpleString() for field in frame.schema.fields] for frame in (named, there)]
        if kinds[0] != kinds[1]:
            return f"the batch has {', '.join(kinds[0])}, {other.full_name} has {', '.join(kinds[1])}; give them equal types"
        keys = there.toDF(*reference.columns)
        return named.join(keys, on=list(reference.columns), how="left_anti").count()

    def _beside_last(self, change: Change) -> tuple[float | None, float | None]:
        """Return the measure in this batch and in the batch that was written last; None where it has no value."""
        feature = change.column or EVENT_TIME
        now = next(each for each in self.statistics() if each.feature == feature)
        recorded = statistics_frame(self.store, self.group).where(F.col("feature") == feature)
        before = newest_commits(recorded, 1).first()
        return getattr(now, change.measure), None if before is None else before[change.measure]
