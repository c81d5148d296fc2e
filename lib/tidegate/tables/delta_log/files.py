"""The data files of a table, as its log lists them. No data file is opened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pyspark.sql import SparkSession

from tidegate.tables.commits.row_places import ARRANGED_AT
from tidegate.tables.delta_log.table_log import open_log


@dataclass(frozen=True)
class DataFile:
    """One data file of a version, for a table with one partition column and one time column.

    Attributes:
        path: The path of the file, as in the log.
        partition: The value of the partition column.
        rows: The number of rows, including those that are marked as deleted; 0 if the log has no statistics.
        hidden: The number of rows that are marked as deleted.
        earliest: The first value of the time column, as in the log; None if the log has no statistics.
        latest: The last value of the time column, or None.
        arranged_at: The version in which a compaction wrote the file; 0 if a batch wrote it.
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
        """The name of the file without folders. No other file of the table has this name."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class LoggedFile:
    """The entry of a data file in the log.

    Attributes:
        path: The path of the file, as in the log.
        partition_values: The value of each partition column.
        statistics: The counts and bounds of the columns, as in the log; empty if the log has none.
        hidden: The number of rows that are marked as deleted.
        tags: Further entries that the writer of the file made, by name.
    """

    path: str
    partition_values: Mapping[str, str]
    statistics: Mapping[str, Any]
    hidden: int
    tags: Mapping[str, str]

    @property
    def rows(self) -> int:
        """The number of rows, including those that are marked as deleted; 0 if the log has no statistics."""
        return int(self.statistics.get("numRecords", 0))

    def bound(self, side: Literal["minValues", "maxValues"], column: str) -> str | None:
        """Return the first or the last value of a column, as in the log; None if the log has no statistics."""
        value = self.statistics.get(side, {}).get(column)
        return None if value is None else str(value)


def data_files(spark: SparkSession, path: str, partition: str, time: str, version: int | None = None) -> list[DataFile]:
    """Return the data files of a version, the newest by default. The list fits into the driver's memory.

    Args:
        spark: The session.
        path: The table.
        partition: The name of the partition column.
        time: The name of the timestamp column whose first and last value each file states.
        version: The table version.
    """
    return [_data_file(file, partition, time) for file in logged_files(spark, path, version)]


def logged_files(spark: SparkSession, path: str, version: int | None = None) -> list[LoggedFile]:
    """Return the log's entry of each file of a version, the newest by default. The list fits into the driver's memory."""
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
    """Return the largest number of files whose spans of time share one moment."""
    bounds = [(file.earliest, file.latest) for file in files if file.earliest is not None and file.latest is not None]
    # The log writes moments in ISO form, so sorting the texts sorts the moments.
    edges = sorted([(start, "a start") for start, _ in bounds] + [(end, "an end") for _, end in bounds])
    deepest = depth = 0
    for _, edge in edges:
        depth += 1 if edge == "a start" else -1
        deepest = max(deepest, depth)
    return max(deepest, 1 if files else 0)
