"""Rewrite a table, or some of its partitions, from its own rows in one commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate.tables.commit import committed
from tidegate.tables.commit_note import Commit
from tidegate.tables.file_commit import commit_files, scala_list, write_operation
from tidegate.tables.read import listed_files, read_table, snapshot


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
    spark: SparkSession,
    path: str,
    arrange: Callable[[DataFrame], DataFrame],
    partitions: tuple[str, Sequence[int]],
    commit: Commit = Commit(),
) -> None:
    """Write the rows of some partitions anew, the same rows in other files.

    Readers of changes see none (`dataChange` is false). Rows that are appended meanwhile stay as they are.

    Args:
        spark: The session.
        path: The table.
        arrange: The partitions' rows in, the same rows as they shall lie out.
        partitions: The integer partition column and the values whose files are rewritten.
        commit: What stands in the log with it.
    """
    condition = _listed(partitions)
    options = {"replaceWhere": condition, "dataChange": "false"}
    rearranged = partial(_rewrite, spark, path, lambda rows: arrange(rows.where(condition)), options, None, commit)
    committed(spark, path, rearranged)


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
    # To ask Delta which files the partitions have would replay its log.
    if (files := listed_files(snapshot(spark, path))) is not None:
        column, values = partitions
        held = [file for file in map(files.apply, range(files.size())) if int(file.partitionValues().apply(column)) in values]
        committed(spark, path, partial(commit_files, spark, path, rows, commit, held))
        return
    options = {"replaceWhere": _listed(partitions)}
    committed(spark, path, partial(_rewrite, spark, path, lambda _: rows, options, None, commit))


def _listed(partitions: tuple[str, Sequence[int]]) -> str:
    column, values = partitions
    return f"`{column}` IN ({', '.join(map(str, values))})"


def reshape(
    spark: SparkSession, path: str, arrange: Callable[[DataFrame], DataFrame], shape: NewShape, commit: Commit = Commit()
) -> None:
    """Write all rows anew, in another shape, with the shape in one commit."""
    committed(spark, path, partial(_rewrite, spark, path, arrange, {}, shape, commit))


def _rewrite(
    spark: SparkSession,
    path: str,
    arrange: Callable[[DataFrame], DataFrame],
    options: Mapping[str, str],
    shape: NewShape | None,
    commit: Commit,
) -> None:
    """Read and replace in one transaction.

    A DataFrame's own overwrite starts its transaction when it writes, later than the plan chose the files to read: what
    another driver appends in between would be replaced by nothing. So the transaction is opened first, at the version that
    is read; whatever comes after it is a conflict or stays.
    """
    jvm: Any = spark.sparkContext._jvm
    delta, nothing = jvm.org.apache.spark.sql.delta, jvm.scala.Option.empty()
    seen: Any = snapshot(spark, path)
    log = seen.deltaLog()
    transaction = log.startTransaction(nothing, jvm.scala.Option.apply(seen))
    if shape is not None:
        transaction.updateMetadata(_reshaped(spark, transaction.metadata(), shape), False)
    rows = arrange(read_table(spark, path, int(seen.version())))
    expected = read_table(spark, path).columns if shape is None else shape.schema.names
    if set(rows.columns) != set(expected):
        raise RuntimeError(f"table {path}: a rewrite would write {rows.columns}, the table has {expected}")
    given = _scala_map(spark, {**options, **commit.writer_options()})
    mode, configuration = jvm.org.apache.spark.sql.SaveMode.Overwrite, spark._jsparkSession.sessionState().conf()
    writer = delta.commands.WriteIntoDelta(
        log,
        mode,
        delta.DeltaOptions(given, configuration),
        scala_list(spark, []),
        _scala_map(spark, {}),
        rows._jdf,
        nothing,
        nothing,
        False,
    )
    actions = writer.write(transaction, spark._jsparkSession, nothing, False)
    transaction.commit(actions, write_operation(spark, "Overwrite", options, commit))


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


def _scala_map(spark: SparkSession, values: Mapping[str, str]) -> Any:  # noqa: ANN401
    return spark.sparkContext._jvm.org.apache.spark.api.python.PythonUtils.toScalaMap(dict(values))  # type: ignore[union-attr]
