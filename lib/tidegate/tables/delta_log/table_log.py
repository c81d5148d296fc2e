"""What the log of a table says of one version: by Delta's own classes, or by the files of the log where these are gone."""

from collections.abc import Mapping
from typing import Any, Protocol

from pyspark.sql import DataFrame, SparkSession

from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import LOG
from tidegate.tables.internals.own_log import own_log
from tidegate.tables.internals.published_log import PublishedLog


class TableLog(Protocol):
    """One version of a table."""

    @property
    def version(self) -> int:
        """The number of the version."""

    @property
    def table_id(self) -> str:
        """The id that Delta gave the table when it was made."""

    @property
    def names_files(self) -> bool:
        """Whether `files` starts no job."""

    def metadata(self) -> Mapping[str, Any]:
        """Return schema, properties and partition columns, as the log writes them."""

    def tokens(self) -> list[str]:
        """Return the tokens of all commits; they outlive the table's history."""

    def file_count(self) -> int:
        """Return how many data files there are."""

    def byte_count(self) -> int:
        """Return how many bytes the data files have."""

    def files(self) -> list[Mapping[str, Any]]:
        """Return what the log says of each data file; one a file, so the driver can hold them."""

    def rows(self) -> DataFrame | None:
        """Return the rows, where that is faster than by Delta's own reader; else None."""


def open_log(spark: SparkSession, path: str, version: int | None = None) -> TableLog:
    """Return what the log of a table says of its newest version, or of an integer one."""
    return own_log(spark, path, version) if is_there(spark, LOG) else PublishedLog(spark, path, version)
