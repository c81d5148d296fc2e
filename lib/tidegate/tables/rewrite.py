"""Rewrite a table, or some of its partitions, from its own rows in one commit."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import PrivateNameGoneError
from tidegate.hadoop import is_local
from tidegate.tables.commits.commit import committed
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.file_commit import rows_in_order
from tidegate.tables.commits.row_places import FILE, PLACE, with_places
from tidegate.tables.internals import public_commits
from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import COMMIT
from tidegate.tables.internals.own_log import own_log
from tidegate.tables.internals.own_transaction import Gone, begin
from tidegate.tables.read import current_version, read_table, table_state


@dataclass(frozen=True)
class NewShape:
    """The columns, partitions and properties of a table after a rewrite. Properties that are not named stay.

    Attributes:
        schema: The columns and their types.
        partitioned_by: The partition columns.
        properties: The properties to set.
    """

    schema: T.StructType
    partitioned_by: Sequence[str]
    properties: Mapping[str, str] = field(default_factory=dict)


def rearrange(
    spark: SparkSession, path: str, names: Collection[str], arrange: Callable[[DataFrame], DataFrame], commit: Commit = Commit()
) -> None:
    """Write the rows of some files into new files. The table has the same rows afterwards.

    Readers of changes see no change (`dataChange` is false). Rows that another writer appends in the meantime stay as they are.
    If another writer removed some of the files in the meantime, the rewrite starts again with the remaining files.

    Args:
        spark: The session.
        path: The table.
        names: The paths of the files, as in the log.
        arrange: A function that gets the rows of the files and returns the same rows, divided and sorted for the new files.
        commit: The metadata of the commit.
    """

    def rewrite() -> None:
        begun = begin(spark, path)
        files = begun.log.file_objects(names)
        if files:
            rows = rows_in_order(spark, path, arrange(begun.log.rows_in(files)))
            begun.commit_rows(rows, commit, Gone(files, same_rows=True))

    def compact() -> None:
        public_commits.compact(spark, path, names, commit)

    committed(spark, path, rewrite if is_there(spark, COMMIT) else compact)


@dataclass(frozen=True)
class Copied:
    """Files to rewrite without some of their rows.

    Attributes:
        names: The paths of the files, as in the log.
        gone: The places of the rows to leave out, as `with_places` adds them. They fit into the memory of a task.
        leaving: The number of rows that are written, including the new rows.
    """

    names: Collection[str]
    gone: DataFrame
    leaving: int


def replace_copied(
    spark: SparkSession, path: str, arrange: Callable[[DataFrame], DataFrame], copied: Copied, commit: Commit = Commit()
) -> None:
    """Rewrite some files without some of their rows and with new rows, in one commit.

    The caller has held the table's lock since it read the places of the rows. `can_mark_rows` is true for the table.

    Args:
        spark: The session.
        path: The table.
        arrange: A function that gets the rows that stay, and returns all rows, divided and sorted for the new files.
        copied: The files, and the rows to leave out.
        commit: The metadata of the commit.
    """

    def without_gone(rows: DataFrame) -> DataFrame:
        left = with_places(rows).join(F.broadcast(copied.gone), on=[FILE, PLACE], how="left_anti")
        return arrange(left.drop(FILE, PLACE))

    rewrite_files(spark, path, without_gone, copied.names, copied.leaving, commit)


def rewrite_files(
    spark: SparkSession,
    path: str,
    arrange: Callable[[DataFrame], DataFrame],
    names: Collection[str],
    leaving: int,
    commit: Commit = Commit(),
) -> None:
    """Replace some files by new ones, in one commit. Delta's private names for a commit are there.

    Args:
        spark: The session.
        path: The table. The caller has held its lock since it chose the files.
        arrange: A function that gets the rows of the files, and returns all rows of the new ones, divided and sorted for them.
        names: The paths of the files, as in the log.
        leaving: The number of rows that the new files must have. With another number, nothing is committed.
        commit: The metadata of the commit.
    """

    def replace() -> None:
        begun = begin(spark, path)
        files = begun.log.file_objects(names)
        rows = rows_in_order(spark, path, arrange(begun.log.rows_in(files)))
        begun.commit_rows(rows, commit, Gone(files, leaving=leaving))

    committed(spark, path, replace)


def replace_partitions(
    spark: SparkSession, path: str, rows: DataFrame, partitions: tuple[str, Sequence[int]], commit: Commit = Commit()
) -> None:
    """Write rows as the whole content of some partitions, in one commit.

    The caller has held the table's lock since before it read the rows from which these were computed.

    Args:
        spark: The session.
        path: The table.
        rows: The rows, divided and sorted for the new files.
        partitions: The name of the partition column, which holds integers, and the values of the partitions to replace.
        commit: The metadata of the commit.
    """
    column, values = partitions
    if not is_there(spark, COMMIT):
        in_order = rows_in_order(spark, path, rows)
        committed(spark, path, lambda: public_commits.replace_partitions(in_order, path, column, values, commit))
        return
    held = Gone(own_log(spark, path).files_of(column, values))
    committed(spark, path, lambda: begin(spark, path).commit_rows(rows_in_order(spark, path, rows), commit, held))


def reshape(
    spark: SparkSession, path: str, arrange: Callable[[DataFrame], DataFrame], shape: NewShape, commit: Commit = Commit()
) -> None:
    """Rewrite all rows and change the shape of the table, in one commit.

    Spark's own overwrite starts its transaction when it writes, which is after the plan chose the files to read. Rows that
    another driver appends in between would be lost. So this transaction starts first, at the version that is read. Every later
    commit is a conflict with it, and then the rewrite starts again.
    """

    def rewrite() -> None:
        begun = begin(spark, path)
        begun.reshape(shape.schema, shape.partitioned_by, shape.properties)
        rows = _in_shape(arrange(read_table(spark, path, begun.log.version)), path, shape)
        begun.commit_rows(rows, commit, Gone(begun.log.file_objects()))

    def replace() -> None:
        rows = _in_shape(arrange(read_table(commit.session(spark), path, current_version(spark, path))), path, shape)
        properties = {**table_state(spark, path).properties, **shape.properties}
        public_commits.replace_table(rows, path, shape.schema, shape.partitioned_by, properties)

    is_own = is_there(spark, COMMIT)
    if not is_own and not is_local(spark, path):
        raise PrivateNameGoneError(f"table {path} is on a file system where no lock keeps other writers from it", COMMIT.main)
    committed(spark, path, rewrite if is_own else replace)


def _in_shape(rows: DataFrame, path: str, shape: NewShape) -> DataFrame:
    if set(rows.columns) != set(shape.schema.names):
        raise RuntimeError(f"table {path}: a rewrite would write {rows.columns}, the shape has {shape.schema.names}")
    return rows.select(*shape.schema.names)
