"""Verbs of a store that stand in groups: `store.catalog.find(…)`, `store.audit.runs()`."""

from collections.abc import Callable

from pyspark.sql import DataFrame

from tidegate.datasets.manifest import manifests_frame
from tidegate.edge import with_clear_errors
from tidegate.feature_groups.catalog.features_table import find_features
from tidegate.feature_groups.catalog.statistics_table import statistics_frame
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.evolution.difference import Evolution
from tidegate.feature_groups.evolution.evolve import evolve_group
from tidegate.feature_groups.read import collapsed, content_hash, existing_table, rows_at
from tidegate.tables.read import current_version, read_or_empty
from tidegate.tables.runs import SCHEMA as RUNS
from tidegate.tables.store import Store


@with_clear_errors
class Catalog:
    """What the features of a store mean and how their values are distributed; and tables that follow their definitions.

    Args:
        opened: Returns the store, once the format of its root was checked.
    """

    def __init__(self, opened: Callable[[], Store]) -> None:
        self._opened = opened

    def find(self, text: str = "", history: bool = False) -> DataFrame:
        """Return the catalog's features that hold every word of the text, by name, meaning, group, unit, origin or owner.

        With `history` every change that was recorded of them: when, which code computed them, what they meant.
        """
        return find_features(self._opened(), text, history)

    def statistics(self, group: FeatureGroup | None = None) -> DataFrame:
        """Return count, NULL share, extremes, quantiles and frequent values of every feature in every commit, or of one group's.

        Personal columns have none. The frame is empty where nothing was recorded yet.
        """
        return statistics_frame(self._opened(), group)

    def evolve(self, group: FeatureGroup) -> Evolution:
        """Give a group's table the columns and wider types that its definition added; stored rows have NULL in new columns."""
        return evolve_group(self._opened(), group)


@with_clear_errors
class Audit:
    """What shows how the content of a store came about, and that it is the same as another's.

    Args:
        opened: Returns the store, once the format of its root was checked.
    """

    def __init__(self, opened: Callable[[], Store]) -> None:
        self._opened = opened

    def runs(self) -> DataFrame:
        """Return what every job did, two rows a job; no row where none ran yet."""
        store = self._opened()
        return read_or_empty(store.spark, store.layout.runs, RUNS)

    def manifests(self) -> DataFrame:
        """Return the manifests of all training datasets."""
        return manifests_frame(self._opened())

    def content_hash(self, group: FeatureGroup, version: int | None = None) -> str | None:
        """Return a hash of what a group's table says, whatever the order it came in; None for an empty one."""
        store = self._opened()
        if version is None:
            version = current_version(store.spark, existing_table(store, group))
        rows = collapsed(rows_at(store, group, version), group)
        found = rows.agg(content_hash(rows).alias("hash")).first()
        return None if found is None else found["hash"]
