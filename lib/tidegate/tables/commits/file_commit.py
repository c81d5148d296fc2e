"""Append rows and mark others as deleted, in a transaction of our own if this release of Delta has the classes for it."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.internals import public_commits
from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import COMMIT, MARKS
from tidegate.tables.internals.own_transaction import Gone, begin
from tidegate.tables.read import lists_files, table_property, table_state


def can_mark_rows(spark: SparkSession, path: str) -> bool:
    """Return whether `commit_marks` can mark single rows of the table as deleted. If not, use a MERGE to replace rows."""
    wanted = table_property(spark, path, "delta.enableDeletionVectors") == "true"
    return wanted and is_there(spark, MARKS) and lists_files(spark, path)


def commit_rows(spark: SparkSession, path: str, rows: DataFrame, commit: Commit) -> None:
    """Append rows to a table.

    Args:
        spark: The session.
        path: The table.
        rows: All columns of the table, with its types.
        commit: The metadata of the commit. The caller has checked that no other commit of the table has its token.
    """
    in_order = rows_in_order(spark, path, rows)
    if is_there(spark, COMMIT):
        begin(spark, path).commit_rows(in_order, commit)
    else:
        public_commits.append(in_order, path, commit)


def can_count_rows(spark: SparkSession) -> bool:
    """Return whether `commit_exactly` can count the rows that it writes before it commits them."""
    return is_there(spark, COMMIT)


def commit_exactly(spark: SparkSession, path: str, rows: DataFrame, number: int, commit: Commit) -> bool:
    """Append rows if there are as many as expected; otherwise append nothing. Return whether they were appended.

    Args:
        spark: The session, for which `can_count_rows` must be true.
        path: The table.
        rows: All columns of the table, with its types.
        number: The expected number of rows.
        commit: The metadata of the commit. The caller has checked that no other commit of the table has its token.
    """
    return begin(spark, path).commit_exactly(rows_in_order(spark, path, rows), number, commit)


def commit_marks(spark: SparkSession, path: str, rows: DataFrame, marked: DataFrame, commit: Commit) -> None:
    """Append rows and mark others as deleted, in one commit. `can_mark_rows` must be true for the table.

    Args:
        spark: The session.
        path: The table. The caller has held its lock since it read the places of the rows.
        rows: All columns of the table, with its types.
        marked: The places of the rows to mark, as `with_places` adds them.
        commit: The metadata of the commit. The caller has checked that no other commit of the table has its token.
    """
    begin(spark, path).commit_rows(rows_in_order(spark, path, rows), commit, Gone(marked=marked))


def rows_in_order(spark: SparkSession, path: str, rows: DataFrame) -> DataFrame:
    """Return rows with their columns in the order of the table. Rows with other columns are refused."""
    columns = require_columns_of(spark, path, rows.schema)
    return rows if rows.columns == columns.names else rows.select(*columns.names)


def require_columns_of(spark: SparkSession, path: str, given: T.StructType) -> T.StructType:
    """Return the columns of the table, after a check that the given columns are the same, in any order."""
    columns = table_state(spark, path).schema
    # simpleString leaves out the nullability of elements: an array without NULL fits where the table allows NULL.
    kinds = [{field.name: field.dataType.simpleString() for field in side} for side in (given, columns)]
    if kinds[0] != kinds[1]:
        raise RuntimeError(f"table {path}: rows of {given.simpleString()} for {columns.simpleString()}")
    return columns
