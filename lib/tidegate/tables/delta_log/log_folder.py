"""The folder of a table's log, looked at without Delta: whether a version stands in it, and what a killed driver leaves of it."""

from typing import Any

from pyspark.sql import SparkSession

from tidegate.hadoop import file_system_of, open_path

# The name of a version or checkpoint starts with its number.
_DIGITS = 20


def holds_version(spark: SparkSession, log: Any) -> bool:  # noqa: ANN401  # Hadoop's path
    """Tell whether a version stands in a log's folder: a driver killed while it made the table leaves the folder without one."""
    entries = file_system_of(spark, log).listStatusIterator(log)
    while entries.hasNext():
        if version_of(str(entries.next().getPath().getName())) is not None:
            return True
    return False


def version_of(name: str) -> int | None:
    """Return the version with which the name of a log's file begins; None for other files."""
    digits = name[:_DIGITS]
    return int(digits) if len(digits) == _DIGITS and digits.isdecimal() else None


def table_is_made(spark: SparkSession, table: str) -> bool:
    """Tell whether a version of the table stands in its folder now; Delta's own answer may be what this driver saw before."""
    log, file_system = open_path(spark, f"{table}/_delta_log")
    return bool(file_system.exists(log)) and holds_version(spark, log)


def remove_unfinished_log(spark: SparkSession, table: str) -> None:
    """Remove a log's folder without a version, which Delta takes for a table whose log it can't find."""
    log, file_system = open_path(spark, f"{table}/_delta_log")
    if file_system.exists(log) and not holds_version(spark, log):
        file_system.delete(log, True)
