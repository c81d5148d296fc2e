"""Append rows and mark others as deleted, by a transaction of our own where Delta has the classes for it."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.internals import public_commits
from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import COMMIT, MARKS
from tidegate.tables.internals.own_transaction import Gone, begin
from tidegate.tables.read import lists_files, table_property, table_state


def can_mark_rows(spark: SparkSession, path: str) -> bool:
    """Tell whether `commit_marks` can mark single rows of the table as deleted; where it can't, a MERGE replaces rows."""
    wanted = table_property(spark, path, "delta.enableDeletionVectors") == "true"
    return wanted and is_there(spark, MARKS) and lists_files(spark, path)


def commit_rows(spark: SparkSession, path: str, rows: DataFrame, commit: Commit) -> None:
    """Append rows to a table.

    Args:
        spark: The session.
        path: The table.
        rows: All columns of the table, with its types.
        commit: What stands in the log with it; the caller has seen that no other commit has its token.
    """
    in_order = rows_in_order(spark, path, rows)
    if is_there(spark, COMMIT):
        begin(spark, path).commit_rows(in_order, commit)
    else:
        public_commits.append(in_order, path, commit)


def commit_marks(spark: SparkSession, path: str, rows: DataFrame, marked: DataFrame, commit: Commit) -> None:
    """Append rows and mark others as deleted; `can_mark_rows` says whether it can be done.

    Args:
        spark: The session.
        path: The table, whose lock the caller holds since it found where the rows lie.
        rows: All columns of the table, with its types.
        marked: Where the rows lie that go, as `with_places` says.
        commit: What stands in the log with it; the caller has seen that no other commit has its token.
    """
    begin(spark, path).commit_rows(rows_in_order(spark, path, rows), commit, Gone(marked=marked))


def rows_in_order(spark: SparkSession, path: str, rows: DataFrame) -> DataFrame:
    """Return rows with their columns in the order of the table's; refuse rows of other columns."""
    columns = require_columns_of(spark, path, rows.schema)
    return rows if rows.columns == columns.names else rows.select(*columns.names)


def require_columns_of(spark: SparkSession, path: str, given: T.StructType) -> T.StructType:
    """Return the table's columns; refuse rows of others."""
    columns = table_state(spark, path).schema
    # But for the nullability inside: an array without a NULL may go where there may be one.
    kinds = [{field.name: field.dataType.simpleString() for field in side} for side in (given, columns)]
    if kinds[0] != kinds[1]:
        raise RuntimeError(f"table {path}: rows of {given.simpleString()} for {columns.simpleString()}")
    return columns
