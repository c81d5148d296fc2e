"""`FeatureStore.audit`: the records of jobs and training datasets, and the content of tables."""

from collections.abc import Callable

from pyspark.sql import DataFrame

from tidegate.clear_errors import with_clear_errors
from tidegate.datasets.manifest import manifests_frame
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.read import collapsed, content_hash, existing_table, rows_at
from tidegate.tables.read import current_version, read_or_empty
from tidegate.tables.runs import SCHEMA as RUNS
from tidegate.tables.store import Store


@with_clear_errors
class Audit:
    """Methods to read what jobs did and what training datasets were made of, and to compare the content of tables.

    Args:
        opened: Returns the store after the format of its root was checked.
    """

    def __init__(self, opened: Callable[[], Store]) -> None:
        self._opened = opened

    def runs(self) -> DataFrame:
        """Return the record of all jobs, with two rows for each job; empty if no job has run yet."""
        store = self._opened()
        return read_or_empty(store.spark, store.layout.runs, RUNS)

    def manifests(self) -> DataFrame:
        """Return the manifests of all training datasets."""
        return manifests_frame(self._opened())

    def content_hash(self, group: FeatureGroup, version: int | None = None) -> str | None:
        """Return a hash of a group's rows that does not depend on the order of its batches; None for an empty table.

        Args:
            group: The feature group.
            version: Integer version of its table; None: the newest.
        """
        store = self._opened()
        if version is None:
            version = current_version(store.spark, existing_table(store, group))
        rows = collapsed(rows_at(store, group, version), group)
        found = rows.agg(content_hash(rows).alias("hash")).first()
        return None if found is None else found["hash"]
