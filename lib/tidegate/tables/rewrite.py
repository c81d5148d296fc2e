"""Rewrite a table, or some of its partitions, from its own rows in one commit."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from delta.exceptions import (
    ConcurrentAppendException,
    ConcurrentDeleteDeleteException,
    ConcurrentDeleteReadException,
    ConcurrentTransactionException,
    ConcurrentWriteException,
    DeltaConcurrentModificationException,
    MetadataChangedException,
    ProtocolChangedException,
)
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate.tables.commit import Commit
from tidegate.tables.read import read_table, snapshot

LOG = logging.getLogger("tidegate")

# In Python they have no base of their own.
CONFLICTS = (
    ConcurrentAppendException,
    ConcurrentDeleteDeleteException,
    ConcurrentDeleteReadException,
    ConcurrentTransactionException,
    ConcurrentWriteException,
    DeltaConcurrentModificationException,
    MetadataChangedException,
    ProtocolChangedException,
)


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
) -> bool:
    """Write the rows of some partitions anew, the same rows in other files; return False where a writer came before.

    Readers of changes see none (`dataChange` is false). Rows that are appended meanwhile stay as they are.

    Args:
        spark: The session.
        path: The table.
        arrange: The partitions' rows in, the same rows as they shall lie out.
        partitions: The integer partition column and the values whose files are rewritten.
        commit: What stands in the log with it.
    """
    column, values = partitions
    condition = f"`{column}` IN ({', '.join(map(str, values))})"
    options = {"replaceWhere": condition, "dataChange": "false"}
    return _rewrite(spark, path, lambda rows: arrange(rows.where(condition)), options, None, commit)


def reshape(
    spark: SparkSession, path: str, arrange: Callable[[DataFrame], DataFrame], shape: NewShape, commit: Commit = Commit()
) -> bool:
    """Write all rows anew, in another shape, with the shape in one commit; return False where a writer came before."""
    return _rewrite(spark, path, arrange, {}, shape, commit)


def _rewrite(
    spark: SparkSession,
    path: str,
    arrange: Callable[[DataFrame], DataFrame],
    options: Mapping[str, str],
    shape: NewShape | None,
    commit: Commit,
) -> bool:
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
    given = _scala_map(spark, {**options, **commit.writer_options()})
    mode, configuration = jvm.org.apache.spark.sql.SaveMode.Overwrite, spark._jsparkSession.sessionState().conf()
    writer = delta.commands.WriteIntoDelta(
        log,
        mode,
        delta.DeltaOptions(given, configuration),
        _scala_list(spark, []),
        _scala_map(spark, {}),
        rows._jdf,
        nothing,
        nothing,
        False,
    )
    try:
        actions = writer.write(transaction, spark._jsparkSession, nothing, False)
        note = jvm.scala.Option.apply(commit.writer_options().get("userMetadata"))
        where = jvm.scala.Option.apply(options.get("replaceWhere"))
        operation = getattr(delta, "DeltaOperations$Write")(mode, nothing, where, note, *[nothing] * 5)
        transaction.commit(actions, operation)
    except CONFLICTS as conflict:
        # The class alone: Delta's message may quote values of the rows.
        LOG.info("table %s: overtaken by another writer (%s), nothing was rewritten", path, type(conflict).__name__)
        return False
    return True


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
        _scala_list(spark, shape.partitioned_by),
        properties,
        metadata.createdTime(),
    )


def _scala_list(spark: SparkSession, values: Sequence[str]) -> Any:  # noqa: ANN401
    return spark.sparkContext._jvm.org.apache.spark.api.python.PythonUtils.toSeq(list(values))  # type: ignore[union-attr]


def _scala_map(spark: SparkSession, values: Mapping[str, str]) -> Any:  # noqa: ANN401
    return spark.sparkContext._jvm.org.apache.spark.api.python.PythonUtils.toScalaMap(dict(values))  # type: ignore[union-attr]
