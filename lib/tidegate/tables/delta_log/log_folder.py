"""Look into the folder of a table's log without Delta: whether it contains a version, or only what a killed driver left."""

from typing import Any

from pyspark.sql import SparkSession

from tidegate.hadoop import file_system_of, open_path

# The name of a version or checkpoint starts with its number.
_DIGITS = 20


def holds_version(spark: SparkSession, log: Any) -> bool:  # noqa: ANN401  # Hadoop's path
    """Return whether a log's folder contains a version.

    A driver that is killed while it creates a table leaves the folder without a version.
    """
    entries = file_system_of(spark, log).listStatusIterator(log)
    while entries.hasNext():
        if version_of(str(entries.next().getPath().getName())) is not None:
            return True
    return False


def version_of(name: str) -> int | None:
    """Return the number of the version with which the name of a file in the log begins; None for other files."""
    digits = name[:_DIGITS]
    return int(digits) if len(digits) == _DIGITS and digits.isdecimal() else None


def table_is_made(spark: SparkSession, table: str) -> bool:
    """Return whether the table's folder now contains a version. Delta itself may answer with what this driver saw earlier."""
    log, file_system = open_path(spark, f"{table}/_delta_log")
    return bool(file_system.exists(log)) and holds_version(spark, log)


def remove_unfinished_log(spark: SparkSession, table: str) -> None:
    """Remove a log's folder that contains no version. Delta would take it for a table whose log is missing."""
    log, file_system = open_path(spark, f"{table}/_delta_log")
    if file_system.exists(log) and not holds_version(spark, log):
        file_system.delete(log, True)
