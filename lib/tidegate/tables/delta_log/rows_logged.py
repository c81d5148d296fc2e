"""How many rows a table has, or has in a stretch of time, roughly: by its log alone, without a Spark job."""

from collections.abc import Iterable
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from tidegate.tables.delta_log.files import LoggedFile, logged_files
from tidegate.tables.read import lists_files, table_bytes

# Of a table whose files only a replay of the log would name. A stored row rarely has fewer, so the table is not taken for small.
_BYTES_A_ROW = 20


def rows_between(spark: SparkSession, path: str, time: str, start: datetime | None, end: datetime) -> int:
    """Return about how many rows of a table have start <= time < end.

    The rows of a file are taken to be spread evenly over the times that the log states for it. A table of so many files that only
    a replay of its log would name them counts as a whole, by its bytes.

    Args:
        spark: The session.
        path: The table.
        time: Its timestamp column.
        start: First moment; None: from the oldest row on.
        end: The first moment after.
    """
    if not lists_files(spark, path):
        return table_bytes(spark, path) // _BYTES_A_ROW
    return rows_in(logged_files(spark, path), time, start, end)


def rows_of_table(spark: SparkSession, path: str) -> int:
    """Return about how many rows a table has."""
    if not lists_files(spark, path):
        return table_bytes(spark, path) // _BYTES_A_ROW
    return sum(file.rows for file in logged_files(spark, path))


def rows_in(files: Iterable[LoggedFile], time: str, start: datetime | None, end: datetime) -> int:
    """Return about how many rows of some files have start <= time < end."""
    return round(sum(file.rows * _share(file, time, start, end) for file in files))


def _share(file: LoggedFile, time: str, start: datetime | None, end: datetime) -> float:
    """Return which part of a file's rows lies in the stretch; all of them where the log says too little."""
    first, last = _moment(file.bound("minValues", time)), _moment(file.bound("maxValues", time))
    if first is None or last is None:
        return 1.0
    begin = first if start is None else max(first, start)
    if begin > last or first >= end:
        return 0.0
    if begin == first and last < end:
        return 1.0
    return (min(last, end) - begin) / (last - first)


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        # Years that Python does not have, or no bound at all.
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
