"""The data files of a table as its log tells of them; no file is opened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pyspark.sql import SparkSession

from tidegate.tables.commits.row_places import ARRANGED_AT
from tidegate.tables.delta_log.table_log import open_log


@dataclass(frozen=True)
class DataFile:
    """One file of the newest version.

    Attributes:
        path: Its name, as the log writes it.
        partition: Value of the partition column.
        rows: Rows in it, those that are marked as deleted too; 0 where the log has no statistics.
        hidden: Rows that are marked as deleted.
        earliest: First value of the time column, as the log writes it; None without statistics.
        latest: Last value.
        arranged_at: The version in which a compaction wrote it; 0 where a batch did.
    """

    path: str
    partition: str
    rows: int
    hidden: int
    earliest: str | None
    latest: str | None
    arranged_at: int = 0

    @property
    def name(self) -> str:
        """Its name without folders, which no other file of the table has."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class LoggedFile:
    """One file as the log tells of it.

    Attributes:
        path: Its name, as the log writes it.
        partition_values: Of each partition column.
        statistics: Counts and bounds of its columns, as the log writes them; empty where it has none.
        hidden: Rows that are marked as deleted.
        tags: What else was written beside it.
    """

    path: str
    partition_values: Mapping[str, str]
    statistics: Mapping[str, Any]
    hidden: int
    tags: Mapping[str, str]

    @property
    def rows(self) -> int:
        """Rows in it, those that are marked as deleted too; 0 where the log has no statistics."""
        return int(self.statistics.get("numRecords", 0))

    def bound(self, side: Literal["minValues", "maxValues"], column: str) -> str | None:
        """Return the first or last value of a column, as the log writes it; None without statistics."""
        value = self.statistics.get(side, {}).get(column)
        return None if value is None else str(value)


def data_files(spark: SparkSession, path: str, partition: str, time: str, version: int | None = None) -> list[DataFile]:
    """Return the files of a version, the newest by default; a row a file, so the driver can hold them.

    Args:
        spark: The session.
        path: The table.
        partition: Its partition column.
        time: The timestamp column whose stretches tell files apart.
        version: The table version.
    """
    return [_data_file(file, partition, time) for file in logged_files(spark, path, version)]


def logged_files(spark: SparkSession, path: str, version: int | None = None) -> list[LoggedFile]:
    """Return what the log says of each file of a version, the newest by default; a row a file, so the driver can hold them."""
    return [_from_log(file) for file in open_log(spark, path, version).files()]


def _from_log(file: Mapping[str, Any]) -> LoggedFile:
    statistics = json.loads(file.get("stats") or "{}")
    hidden = (file.get("deletionVector") or {}).get("cardinality", 0)
    return LoggedFile(file["path"], file["partitionValues"], statistics, hidden, file.get("tags") or {})


def _data_file(file: LoggedFile, partition: str, time: str) -> DataFile:
    bounds = (file.bound("minValues", time), file.bound("maxValues", time))
    arranged_at = int(file.tags.get(ARRANGED_AT, 0))
    return DataFile(file.path, file.partition_values[partition], file.rows, file.hidden, *bounds, arranged_at)


def deepest_overlap(files: Sequence[DataFile]) -> int:
    """Return how many files hold one moment at most."""
    bounds = [(file.earliest, file.latest) for file in files if file.earliest is not None and file.latest is not None]
    # The log writes moments in ISO form, whose order as text is their order in time.
    edges = sorted([(start, "a start") for start, _ in bounds] + [(end, "an end") for _, end in bounds])
    deepest = depth = 0
    for _, edge in edges:
        depth += 1 if edge == "a start" else -1
        deepest = max(deepest, depth)
    return max(deepest, 1 if files else 0)
