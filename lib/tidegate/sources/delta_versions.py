"""The versions of a Delta table as batches: listed like files, and read as rows."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.errors import WrongFilesError
from tidegate.sources.folders import ListedFile
from tidegate.sources.formats import Delta
from tidegate.sources.judged_rows import BLOCK, DELETED, FILE, NUMBER
from tidegate.sources.parquet_files import column_differences, judged_columns, naive_columns
from tidegate.sources.source import Source
from tidegate.tables.create import table_exists
from tidegate.tables.read import read_table
from tidegate.tables.versions import CHANGE, table_versions, version_changes

_PREFIX = "version="


def list_versions(spark: SparkSession, path: str) -> tuple[ListedFile, ...]:
    """Return the versions of a table as a folder would list files, oldest first; none where there is no table."""
    if not table_exists(spark, path):
        return ()
    return tuple(ListedFile(f"{_PREFIX}{each.number:015d}", 0, each.committed) for each in table_versions(spark, path))


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
    deleted = F.col(CHANGE) == "delete" if changes else F.lit(False)
    placed = rows.select(
        F.lit(version.name).alias(FILE), F.lit(0).cast("bigint").alias(BLOCK), F.lit(0).cast("bigint").alias(NUMBER),
        deleted.alias(DELETED), *source.names,
    )  # fmt: skip
    return judged_columns(source, placed, naive_columns(source, {path: schema}))
