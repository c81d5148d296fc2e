"""Estimate the number of rows of a table, in total or in a span of time, from its log alone and without a Spark job."""

from collections.abc import Iterable
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from tidegate.tables.delta_log.files import LoggedFile, logged_files
from tidegate.tables.read import lists_files, table_bytes

# For tables whose files only a replay of the log would list. A stored row rarely takes fewer bytes, so the estimate is rather
# too high than too low.
_BYTES_A_ROW = 20


def rows_between(spark: SparkSession, path: str, time: str, start: datetime | None, end: datetime) -> int:
    """Estimate how many rows of a table have start <= time < end.

    The estimate assumes that the rows of a file are spread evenly over the span of time that the log states for the file. If a
    table has so many files that only a replay of its log would list them, all of its rows count, estimated by its size in bytes.

    Args:
        spark: The session.
        path: The table.
        time: The name of the timestamp column.
        start: The first moment of the span; None: the span begins with the oldest row.
        end: The first moment after the span.
    """
    if not lists_files(spark, path):
        return table_bytes(spark, path) // _BYTES_A_ROW
    return rows_in(logged_files(spark, path), time, start, end)


def rows_of_table(spark: SparkSession, path: str) -> int:
    """Estimate how many rows a table has."""
    if not lists_files(spark, path):
        return table_bytes(spark, path) // _BYTES_A_ROW
    return sum(file.rows for file in logged_files(spark, path))


def rows_in(files: Iterable[LoggedFile], time: str, start: datetime | None, end: datetime) -> int:
    """Estimate how many rows of the files have start <= time < end."""
    return round(sum(file.rows * _share(file, time, start, end) for file in files))


def _share(file: LoggedFile, time: str, start: datetime | None, end: datetime) -> float:
    """Return the share, 0 to 1, of a file's rows that lies in the span of time; 1 if the log does not state the file's times."""
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
        # There is no bound, or its year is outside Python's range.
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
