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
    """What a rewrite changes of a table beside its files; what isn't named stays.

    Attributes:
        schema: Columns and types.
        partitioned_by: Partition columns.
        properties: Properties that are set.
    """

    schema: T.StructType
    partitioned_by: Sequence[str]
    properties: Mapping[str, str] = field(default_factory=dict)


def rearrange(
    spark: SparkSession, path: str, names: Collection[str], arrange: Callable[[DataFrame], DataFrame], commit: Commit = Commit()
) -> None:
    """Write the rows of some files anew, the same rows in other files.

    Readers of changes see none (`dataChange` is false). What another writer appends meanwhile stays as it is; what another
    one took away meanwhile is not brought back: the rewrite begins anew with the files that are left.

    Args:
        spark: The session.
        path: The table.
        names: The files, by their names in the log.
        arrange: Their rows in, the same rows as they shall lie out.
        commit: What stands in the log with it.
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
    """Files that are written anew without some of their rows.

    Attributes:
        names: The files, by their names in the log.
        gone: The rows that go, by the columns of `with_places`; they fit into memory.
        leaving: How many rows are written, those that come in their place among them.
    """

    names: Collection[str]
    gone: DataFrame
    leaving: int


def replace_copied(
    spark: SparkSession, path: str, arrange: Callable[[DataFrame], DataFrame], copied: Copied, commit: Commit = Commit()
) -> None:
    """Write some files anew without some of their rows and with others, in one commit.

    The caller holds the table's lock since it found where the rows lie, in a table of which `can_mark_rows` is true.

    Args:
        spark: The session.
        path: The table.
        arrange: The rows that stay in, all rows as they shall lie in files out.
        copied: The files and what becomes of them.
        commit: What stands in the log with it.
    """

    def replace() -> None:
        begun = begin(spark, path)
        files = begun.log.file_objects(copied.names)
        rows = with_places(begun.log.rows_in(files))
        rows = rows.join(F.broadcast(copied.gone), on=[FILE, PLACE], how="left_anti").drop(FILE, PLACE)
        begun.commit_rows(rows_in_order(spark, path, arrange(rows)), commit, Gone(files, leaving=copied.leaving))

    committed(spark, path, replace)


def replace_partitions(
    spark: SparkSession, path: str, rows: DataFrame, partitions: tuple[str, Sequence[int]], commit: Commit = Commit()
) -> None:
    """Write rows as the whole content of some partitions, in one commit.

    The caller holds the table's lock since before it read what the rows were made of.

    Args:
        spark: The session.
        path: The table.
        rows: The rows, as they shall lie in files.
        partitions: The integer partition column and the values whose files are replaced.
        commit: What stands in the log with it.
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
    """Write all rows anew, in another shape, with the shape in one commit.

    A DataFrame's own overwrite starts its transaction when it writes, later than the plan chose the files to read: what
    another driver appends in between would be replaced by nothing. So the transaction is opened first, at the version that
    is read; whatever comes after it is a conflict, and the rewrite begins anew.
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
