"""The versions of a Delta table as batches: listed like files, and read as rows."""

from collections.abc import Sequence
from functools import reduce
from operator import and_

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.errors import UnreadableTableError, WrongFilesError
from tidegate.hadoop import error_text
from tidegate.schema import quoted
from tidegate.sources.folders import ListedFile
from tidegate.sources.formats.declared import Delta
from tidegate.sources.formats.parquet_files import column_differences, judged_columns, naive_columns
from tidegate.sources.judged_rows import BLOCK, DELETED, FILE, NUMBER
from tidegate.sources.source import Source
from tidegate.tables.create import table_exists
from tidegate.tables.read import read_table
from tidegate.tables.versions import CHANGE, WENT, table_versions, version_changes

_PREFIX = "version="


def list_versions(spark: SparkSession, source: Source, path: str) -> tuple[ListedFile, ...]:
    """Return the versions of a table as a folder would list files, oldest first; none where there is no table.

    Raises:
        UnreadableTableError: The log of the table is damaged, has a gap, or asks for what this Delta doesn't know.
    """
    try:
        versions = table_versions(spark, path) if table_exists(spark, path) else []
    except (PySparkException, Py4JJavaError) as error:
        raise UnreadableTableError(source.name, f"the log of the Delta table {path}", error_text(error)) from None
    return tuple(ListedFile(f"{_PREFIX}{each.number:015d}", 0, each.committed) for each in versions)


def without_replaced(changes: DataFrame, key: Sequence[str]) -> DataFrame:
    """Leave out of a version's changes the rows that went where one of the same key came: what came says it all.

    What is left of those that went are rows that were deleted, and rows that an update gave another key.
    """
    went = F.col(CHANGE).isin(*WENT)
    came = changes.where(~went)
    same = [F.col(f"_went.{quoted(name)}").eqNullSafe(F.col(f"_came.{quoted(name)}")) for name in key]
    gone = changes.where(went).alias("_went").join(came.select(*key).alias("_came"), on=reduce(and_, same), how="left_anti")
    return came.unionByName(gone)


def judged_version(spark: SparkSession, source: Source, form: Delta, path: str, version: ListedFile, whole: bool) -> DataFrame:
    """Read a version as rows at the place of that version; where it deleted rows, they are `_deleted`.

    Args:
        spark: The session.
        source: What is declared.
        form: Its format.
        path: The table.
        version: As `list_versions` has it.
        whole: Take all rows of the version, and not what it changed.

    Raises:
        WrongFilesError: The version has other columns.
    """
    number = int(version.name.removeprefix(_PREFIX))
    changes = form.read == "change_feed" and not whole
    rows = version_changes(spark, path, number) if changes else read_table(spark, path, number)
    schema = rows.drop(CHANGE).schema if changes else rows.schema
    wrong = column_differences(source, schema)
    if wrong:
        raise WrongFilesError(source.name, {version.name: wrong})
    if changes:
        rows = without_replaced(rows, form.key)
    deleted = F.col(CHANGE).isin(*WENT) if changes else F.lit(False)
    placed = rows.select(
        F.lit(version.name).alias(FILE), F.lit(0).cast("bigint").alias(BLOCK), F.lit(0).cast("bigint").alias(NUMBER),
        deleted.alias(DELETED), *source.names,
    )  # fmt: skip
    return judged_columns(source, placed, naive_columns(source, {path: schema}))
