"""Check a batch of landing files before anything is written. This takes one Spark job, and a second one if a file is wrong."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import reduce
from operator import and_, or_
from urllib.parse import unquote

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from tidegate.errors import EmptySourceError, MissingDayError, UnreadableFilesError, WrongFilesError
from tidegate.period import Period
from tidegate.sources.csv_days.csv_source import CsvSource, is_header, parsed_line, source_folders
from tidegate.sources.csv_days.typed_lines import data_rows, faults, file_lines, right_files, typed_lines
from tidegate.sources.folders import list_files, list_folder, literal_path

EXPECTED = {
    "date": "a date such as 2013-01-31",
    "timestamp": "an ISO 8601 timestamp in UTC with Z, such as 2013-01-31T12:00:00Z",
}
WITHHELD = "<personal value, not shown>"


def check_source(spark: SparkSession, source: CsvSource, landing: str, period: Period, warm_up_days: int = 0) -> None:
    """Check that every day is there and that every file is as declared. If not, the whole batch is refused.

    Days of the warm-up may be missing before the first delivered day, because history starts somewhere, but not after it.

    Args:
        spark: The session.
        source: The declaration of the files.
        landing: The URI of the landing zone.
        period: The days that must be there.
        warm_up_days: The number of days before the period that will be read with it.

    Raises:
        EmptySourceError: The source's folder is missing or contains no file.
        MissingDayError: A day of the period has no folder, or a day between the first delivered day and the period has none.
        UnreadableFilesError: A file can't be read to its end.
        WrongFilesError: At least one file breaks the declaration. The message names the file, the line, the column and the next
            step.
    """
    with checked_rows(spark, source, landing, period, warm_up_days):
        pass


@contextmanager
def checked_rows(
    spark: SparkSession, source: CsvSource, landing: str, period: Period, warm_up_days: int = 0
) -> Iterator[DataFrame]:
    """Check the files as `check_source` does, then yield the rows of the period and its warm-up.

    The files are read only once, for the check and for the caller: Spark keeps the rows until the `with` block ends.

    Args:
        spark: The session.
        source: The declaration of the files.
        landing: The URI of the landing zone.
        period: The days that must be there.
        warm_up_days: The number of days before the period that are read with it.

    Raises:
        EmptySourceError: The source's folder is missing or contains no file.
        MissingDayError: A day of the period has no folder, or a day between the first delivered day and the period has none.
        UnreadableFilesError: A file can't be read to its end.
        WrongFilesError: At least one file breaks the declaration.
    """
    _require_days(spark, source, landing, period, warm_up_days)
    folders = source_folders(spark, source, landing, period.with_warm_up(warm_up_days))
    lines = typed_lines(spark, source, folders).persist()
    try:
        _require_right_files(spark, source, folders, lines)
        yield data_rows(source, lines)
    finally:
        lines.unpersist()


def _require_right_files(spark: SparkSession, source: CsvSource, folders: Sequence[str], lines: DataFrame) -> None:
    files = {_short(uri): uri for uri in list_files(spark, folders)}
    wrong = dict.fromkeys(_empty_folders(folders, files.values()), "the folder holds no file")
    try:
        doubtful = files.keys() - {_short(uri) for uri in right_files(source, lines)}
        report = _report(spark, source, [files[name] for name in doubtful])
    except (PySparkException, Py4JJavaError) as error:
        raise UnreadableFilesError(source.name, folders, str(error)) from None
    complaints = {files[name]: _complaint(source, report.get(name)) for name in sorted(doubtful)}
    wrong = {uri: complaint for uri, complaint in complaints.items() if complaint is not None} | wrong
    if wrong:
        raise WrongFilesError(source.name, wrong)


def _empty_folders(folders: Iterable[str], files: Iterable[str]) -> list[str]:
    filled = {uri.rpartition("/")[0] for uri in files}
    return [uri for uri in folders if uri not in filled]


def _report(spark: SparkSession, source: CsvSource, files: Sequence[str]) -> dict[str, Row]:
    """Summarise every line of the files that are not right, by file. No Spark job runs if there are no such files."""
    if not files:
        return {}
    lines = file_lines(spark, [literal_path(uri) for uri in files])
    return {_short(row["file"]): row for row in summarise_files(source, lines).collect()}


def _missing_days(present: Sequence[date], period: Period, warm_up_days: int) -> list[date]:
    """Return the days of the period that are missing, and the gaps in the warm-up after the first delivered day."""
    history_starts = min(present)
    wanted = period.with_warm_up(warm_up_days).days()
    return [day for day in wanted if day not in present and (day >= period.first_day or day > history_starts)]


def summarise_files(source: CsvSource, lines: DataFrame) -> DataFrame:
    """Return one row per file: its first line, the number of rows, the first problem and the first duplicate key (or NULL)."""
    parsed = lines.select("file", "place", "value", parsed_line(source).alias("row"))
    judged = parsed.select(
        "file",
        "place",
        is_header(source, "row").alias("header"),
        F.when(_names_columns(source), F.col("value")).alias("names"),
        _problem(source).alias("problem"),
        *(F.col(f"row.{name}").alias(f"key_{name}") for name in source.key),
    )
    return _by_file(source, _by_key(source, judged))


def _by_key(source: CsvSource, judged: DataFrame) -> DataFrame:
    """Aggregate the lines of each key into one row, so that a key that occurs twice can be found."""
    data = ~F.col("header")
    return judged.groupBy("file", *(f"key_{name}" for name in source.key)).agg(
        F.min(F.struct("place", "header", "names")).alias("first"),
        F.count_if(data).alias("rows"),
        F.count_if("header").alias("headers"),
        F.max("place").alias("last_place"),
        F.min(F.when(data & F.col("problem").isNotNull(), F.struct("place", "problem"))).alias("wrong"),
    )


def _by_file(source: CsvSource, keys: DataFrame) -> DataFrame:
    whole = reduce(and_, (F.col(f"key_{name}").isNotNull() for name in source.key))
    shown = [_shown(source, name, F.col(f"key_{name}")).alias(name) for name in source.key]
    twice = F.when(whole & (F.col("rows") > 1), F.struct(F.col("last_place").alias("place"), F.struct(*shown)))
    return keys.groupBy("file").agg(
        F.min("first").alias("first"),
        F.sum("rows").alias("rows"),
        F.sum("headers").alias("headers"),
        F.min("wrong").alias("wrong"),
        F.min(twice).alias("twice"),
    )


def _problem(source: CsvSource) -> Column:
    """Return the first fault of a line, as a struct of column, kind and value; NULL if the line has none."""
    found = []
    for fault in faults(source):
        shown = _shown(source, fault.column, F.col(f"row.{fault.column}")) if fault.kind == "mistyped" else F.lit(None)
        found.append(F.when(fault.found, _finding(fault.column, fault.kind, shown)))
    return F.coalesce(*found)


def _finding(column: str, kind: str, value: Column) -> Column:
    return F.struct(F.lit(column).alias("column"), F.lit(kind).alias("kind"), value.cast("string").alias("value"))


def _shown(source: CsvSource, name: str, value: Column) -> Column:
    return F.lit(WITHHELD) if name in source.personal else value


def _names_columns(source: CsvSource) -> Column:
    """Return whether a line contains the name of a column. It is then a wrong header, and a message may show it.

    Any other line may be a line of data, and its values must not reach a message.
    """
    return reduce(or_, (F.coalesce(F.col(f"row.{name}").isin(*source.names), F.lit(False)) for name in source.names))


def _complaint(source: CsvSource, summary: Row | None) -> str | None:
    if summary is None:
        return "the file is empty; expected a header and at least one row"
    if not summary["first"]["header"]:
        return _header_complaint(source, summary["first"]["names"])
    if summary["headers"] > 1:
        return f"the header occurs {summary['headers']} times: were files concatenated?"
    if summary["wrong"] is not None:
        return _line_complaint(source, summary)
    if summary["twice"] is not None:
        key = ", ".join(f"{name}={value}" for name, value in zip(source.key, summary["twice"][1], strict=True))
        return f"{_line(summary, 'twice')}duplicate key ({key}); expected every key once"
    return None if summary["rows"] else "zero rows; expected at least one row below the header"


def _header_complaint(source: CsvSource, line: str | None) -> str:
    expected = ", ".join(source.names)
    if line is None:
        return f"line 1: the first line is not a header; expected the columns {expected}"
    found = next(csv.reader([line]))
    missing = [name for name in source.names if name not in found]
    extra = [name for name in found if name not in source.names]
    parts = [f"missing column {', '.join(missing)}"] if missing else []
    parts += [f"extra column {', '.join(extra)}"] if extra else []
    return f"line 1: {'; '.join(parts) or 'columns repeated or in another order'}; expected the columns {expected}"


def _line_complaint(source: CsvSource, summary: Row) -> str:
    problem = summary["wrong"]["problem"]
    start, column = _line(summary, "wrong"), problem["column"]
    if problem["kind"] == "malformed":
        return f"{start}a wrong number of values or a broken quote; expected {len(source.names)} values"
    expected = next((field.type.simpleString() for field in source.fields if field.name == column), "")
    wanted = EXPECTED.get(expected, f"a value of type {expected}")
    if problem["kind"] == "null":
        return f"{start}column {column} is empty; expected {wanted} in every row"
    return f"{start}column {column} holds {problem['value']!r}; expected {wanted}"


def _line(summary: Row, what: str) -> str:
    """Return the number of the line as the start of a message; empty if it is unknown, because Spark read the file in parts."""
    first, place = summary["first"]["place"], summary[what]["place"]
    same_part = first["block"] == place["block"]
    return f"line {place['id'] - first['id'] + 1}: " if same_part else ""


def _short(uri: str) -> str:
    """Return the last folder and the name of a file. Spark and Hadoop write the URI of the same file in different ways."""
    return unquote("/".join(uri.split("/")[-2:]))


def _require_days(spark: SparkSession, source: CsvSource, landing: str, period: Period, warm_up_days: int) -> None:
    folder = list_folder(spark, source.folder(landing))
    if not (folder.days if source.daily else folder.files):
        raise EmptySourceError(source.name, folder.uri, list_folder(spark, landing).folders)
    missing = _missing_days(folder.days, period, warm_up_days) if source.daily else []
    if missing:
        raise MissingDayError(source.name, folder.uri, missing, folder.days)
