"""Rewrite a table, or some of its partitions, from its own rows in one commit."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.tables.commits.commit import committed
from tidegate.tables.commits.commit_note import Commit
from tidegate.tables.commits.file_commit import (
    FILE,
    PLACE,
    Gone,
    commit_files,
    commit_in,
    scala_list,
    transaction_at,
    with_places,
)
from tidegate.tables.delta_log.snapshot import listed_files, python_list, rows_in_files, snapshot
from tidegate.tables.read import read_table


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
        seen = snapshot(spark, path)
        files = [file for file in _files(seen) if file.path() in names]
        if files:
            rows = arrange(rows_in_files(spark, seen, scala_list(spark, files)))
            commit_files(spark, path, rows, commit, Gone(files, seen=seen, same_rows=True))

    committed(spark, path, rewrite)


def _files(seen: Any) -> list[Any]:  # noqa: ANN401  # Delta's own classes
    listed = listed_files(seen)
    return list(seen.allFiles().collect()) if listed is None else python_list(listed)


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

    The caller holds the table's lock since it found where the rows lie.

    Args:
        spark: The session.
        path: The table.
        arrange: The rows that stay in, all rows as they shall lie in files out.
        copied: The files and what becomes of them.
        commit: What stands in the log with it.
    """

    def replace() -> None:
        seen = snapshot(spark, path)
        files = [file for file in _files(seen) if file.path() in copied.names]
        rows = with_places(rows_in_files(spark, seen, scala_list(spark, files)))
        rows = rows.join(F.broadcast(copied.gone), on=[FILE, PLACE], how="left_anti").drop(FILE, PLACE)
        commit_files(spark, path, arrange(rows), commit, Gone(files, leaving=copied.leaving))

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
    held = [file for file in _files(snapshot(spark, path)) if int(file.partitionValues().apply(column)) in values]
    committed(spark, path, partial(commit_files, spark, path, rows, commit, Gone(held)))


def reshape(
    spark: SparkSession, path: str, arrange: Callable[[DataFrame], DataFrame], shape: NewShape, commit: Commit = Commit()
) -> None:
    """Write all rows anew, in another shape, with the shape in one commit.

    A DataFrame's own overwrite starts its transaction when it writes, later than the plan chose the files to read: what
    another driver appends in between would be replaced by nothing. So the transaction is opened first, at the version that
    is read; whatever comes after it is a conflict, and the rewrite begins anew.
    """

    def rewrite() -> None:
        seen = snapshot(spark, path)
        transaction = transaction_at(spark, seen)
        # Also where no file goes: rows that are appended meanwhile lie in the old shape.
        transaction.readWholeTable()
        transaction.updateMetadata(_reshaped(spark, transaction.metadata(), shape), False)
        rows = arrange(read_table(spark, path, int(seen.version())))
        if set(rows.columns) != set(shape.schema.names):
            raise RuntimeError(f"table {path}: a rewrite would write {rows.columns}, the shape has {shape.schema.names}")
        commit_in(spark, transaction, rows.select(*shape.schema.names), commit, Gone(_files(seen)))

    committed(spark, path, rewrite)


def _reshaped(spark: SparkSession, metadata: Any, shape: NewShape) -> Any:  # noqa: ANN401  # Delta's own class
    properties = metadata.configuration()
    for key, value in shape.properties.items():
        properties = properties.updated(key, value)
    return metadata.copy(
        metadata.id(),
        metadata.name(),
        metadata.description(),
        metadata.format(),
        shape.schema.json(),
        scala_list(spark, shape.partitioned_by),
        properties,
        metadata.createdTime(),
    )
