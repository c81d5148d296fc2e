"""Read one version of a table's log: with Delta's own classes, or from the log's files if this release of Delta lacks them."""

from collections.abc import Mapping
from typing import Any, Protocol

from pyspark.sql import DataFrame, SparkSession

from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import LOG
from tidegate.tables.internals.own_log import own_log
from tidegate.tables.internals.published_log import PublishedLog


class TableLog(Protocol):
    """One version of a table, as its log describes it."""

    @property
    def version(self) -> int:
        """The number of the version."""

    @property
    def table_id(self) -> str:
        """The id that Delta gave the table when it was created."""

    @property
    def names_files(self) -> bool:
        """Whether `files` starts no job."""

    def metadata(self) -> Mapping[str, Any]:
        """Return schema, properties and partition columns, as in the log."""

    def tokens(self) -> list[str]:
        """Return the tokens of all commits, including those that the history of the table no longer shows."""

    def file_count(self) -> int:
        """Return the number of data files."""

    def byte_count(self) -> int:
        """Return the size of all data files in bytes."""

    def files(self) -> list[Mapping[str, Any]]:
        """Return the log's entry of each data file. The list fits into the driver's memory."""

    def rows(self) -> DataFrame | None:
        """Return the rows of the version if this is faster than with Delta's own reader; otherwise None."""


def open_log(spark: SparkSession, path: str, version: int | None = None) -> TableLog:
    """Return the newest version of a table's log, or the version with this number."""
    return own_log(spark, path, version) if is_there(spark, LOG) else PublishedLog(spark, path, version)
