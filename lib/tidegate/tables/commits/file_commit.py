"""Write rows as files and commit them in a transaction of our own.

A DataFrame's writer finds out what a table holds by replaying its log: four Spark jobs, most of a second, where a small write
takes a quarter of one. Here the caller says which files go, and a batch's token is only written; the caller has looked for it.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.jvm import java_class, scala_none
from tidegate.tables.commits.commit_note import Commit
from tidegate.tables.delta_log.snapshot import listed_files, python_list, snapshot
from tidegate.tables.read import lists_files, table_property, table_state

_DELTA = "org.apache.spark.sql.delta"
# Where a stored row lies: the file as `_metadata.file_path` names it, and the number of the row in it.
FILE, PLACE = "_file", "_place"
# Tag of a file in the log: the version in which a compaction wrote it.
ARRANGED_AT = "tidegate.arrangedAt"


def with_places(rows: DataFrame) -> DataFrame:
    """Add to the rows that `read_table` returns where each of them lies."""
    return rows.withColumns({FILE: F.col("_metadata.file_path"), PLACE: F.col("_metadata.row_index")})


def can_mark_rows(spark: SparkSession, path: str) -> bool:
    """Tell whether `commit_files` can mark single rows of the table as deleted."""
    return table_property(spark, path, "delta.enableDeletionVectors") == "true" and lists_files(spark, path)


@dataclass(frozen=True)
class Gone:
    """What rows take the place of.

    Attributes:
        files: Delta's own objects of the files that go.
        marked: The columns of `with_places` of the rows that go; they are marked in deletion vectors.
        seen: Delta's own snapshot that they were found in; None for the newest, whose lock the caller holds since then.
        same_rows: Whether the new files hold the rows of the old ones: readers of changes see none then.
        leaving: How many rows are to stand in the new files; None where it is not known.
    """

    files: Sequence[Any] = ()
    marked: DataFrame | None = None
    seen: Any = None
    same_rows: bool = False
    leaving: int | None = None


def commit_files(spark: SparkSession, path: str, rows: DataFrame, commit: Commit, gone: Gone = Gone()) -> None:
    """Add rows to a table, in the place of some of its files or rows.

    Args:
        spark: The session.
        path: The table.
        rows: All columns of the table, with its types.
        commit: What stands in the log with it.
        gone: What they take the place of.
    """
    columns = require_columns_of(spark, path, rows.schema)
    seen = gone.seen or snapshot(spark, path)
    in_order = rows if rows.columns == columns.names else rows.select(*columns.names)
    commit_in(spark, transaction_at(spark, seen), in_order, commit, gone)


def require_columns_of(spark: SparkSession, path: str, given: T.StructType) -> T.StructType:
    """Return the table's columns; refuse rows of others."""
    columns = table_state(spark, path).schema
    # But for the nullability inside: an array without a NULL may go where there may be one.
    kinds = [{field.name: field.dataType.simpleString() for field in side} for side in (given, columns)]
    if kinds[0] != kinds[1]:
        raise RuntimeError(f"table {path}: rows of {given.simpleString()} for {columns.simpleString()}")
    return columns


def transaction_at(spark: SparkSession, seen: Any) -> Any:  # noqa: ANN401  # Delta's own classes
    """Begin a transaction at a snapshot: what was committed after it is met as a conflict, or stays."""
    return seen.deltaLog().startTransaction(scala_none(spark), java_class(spark, "scala.Option").apply(seen))


def commit_in(spark: SparkSession, transaction: Any, rows: DataFrame, commit: Commit, gone: Gone) -> None:  # noqa: ANN401
    """Write rows as files and commit the transaction with them; the rows have the columns that its metadata tells of."""
    if gone.files or gone.marked is not None:
        transaction.readWholeTable()
    marks = [] if gone.marked is None else _marks(spark, transaction, gone.marked)
    written = python_list(transaction.writeFiles(rows._jdf))
    if gone.leaving is not None:
        _require_rows(transaction, written, gone.leaving)
    if gone.same_rows:
        version = int(transaction.readVersion()) + 1
        written = [_without_change(spark, file, version) for file in written]
    removed = [file.removeWithTimestamp(int(time.time() * 1000), not gone.same_rows) for file in gone.files]
    mode = "Overwrite" if gone.files else "Append"
    commit_actions(spark, transaction, [*written, *removed, *marks], commit, mode)


def commit_actions(spark: SparkSession, transaction: Any, actions: Sequence[Any], commit: Commit, mode: str = "Append") -> None:  # noqa: ANN401
    """Commit a transaction with these actions of Delta's, and what stands in the log with them."""
    set_token = java_class(spark, f"{_DELTA}.actions.SetTransaction")
    tokens = [set_token(commit.token, 0, scala_none(spark))] if commit.token else []
    transaction.commit(scala_list(spark, [*actions, *tokens]), write_operation(spark, mode, commit))


def _require_rows(transaction: Any, written: Sequence[Any], expected: int) -> None:  # noqa: ANN401  # Delta's own classes
    """Refuse to commit files that do not hold as many rows as they must, where their statistics tell."""
    numbers = [file.numPhysicalRecords() for file in written]
    found = sum(int(number.get()) for number in numbers if number.isDefined())
    if found != expected and all(number.isDefined() for number in numbers):
        raise RuntimeError(f"{transaction.deltaLog().dataPath()}: {found} rows were written where there are {expected}")


def _without_change(spark: SparkSession, file: Any, version: int) -> Any:  # noqa: ANN401  # Delta's own classes
    """Return the action that adds a file, saying that no row is new and in which version it was arranged."""
    action = json.loads(file.json())
    action["add"] |= {"dataChange": False, "tags": {**(action["add"].get("tags") or {}), ARRANGED_AT: str(version)}}
    return action_of(spark, action)


def action_of(spark: SparkSession, action: Mapping[str, Any]) -> Any:  # noqa: ANN401  # Delta's own class
    """Return an action as Delta has it, from what stands in its log."""
    return getattr(java_class(spark, f"{_DELTA}.actions.Action$"), "MODULE$").fromJson(json.dumps(action))


def _marks(spark: SparkSession, transaction: Any, marked: DataFrame) -> list[Any]:  # noqa: ANN401  # Delta's own
    """Write the deletion vectors, by Delta's own helpers of DELETE, and return the actions that put them beside their files."""
    seen = transaction.snapshot()
    files, some = listed_files(seen), java_class(spark, "scala.Option").apply
    every_row = getattr(java_class(spark, "org.apache.spark.sql.catalyst.expressions.Literal$"), "MODULE$").TrueLiteral()
    columns = [some(F.col(name)._jc) for name in (FILE, PLACE)]
    sets = java_class(spark, f"{_DELTA}.commands.DeletionVectorBitmapGenerator").buildRowIndexSetsForFilesMatchingCondition(
        spark._jsparkSession, transaction, True, marked._jdf, files, every_row, *columns
    )
    helper = java_class(spark, f"{_DELTA}.commands.DMLWithDeletionVectorsHelper")
    by_name = helper.generateCandidateFileMap(seen.deltaLog().dataPath(), files)
    touched = helper.findFilesWithMatchingRows(transaction, by_name, sets)
    actions: list[Any] = []
    for one in python_list(touched):
        if one.isFullyReplaced():
            actions.append(one.fileLogEntry().remove())
        else:
            pair = one.fileLogEntry().removeRows(one.newDeletionVector(), True, True)
            actions += [pair._1(), pair._2()]
    return actions


def write_operation(spark: SparkSession, mode: str, commit: Commit) -> Any:  # noqa: ANN401
    """Return what the log says of a commit that writes rows."""
    nothing, note = scala_none(spark), java_class(spark, "scala.Option").apply(commit.writer_options().get("userMetadata"))
    write, modes = java_class(spark, f"{_DELTA}.DeltaOperations$Write"), java_class(spark, "org.apache.spark.sql.SaveMode")
    return write(getattr(modes, mode), nothing, nothing, note, *[nothing] * 5)


def scala_list(spark: SparkSession, values: Sequence[Any]) -> Any:  # noqa: ANN401  # Scala's own class
    """Return values as the sequence that Delta's methods take."""
    return java_class(spark, "org.apache.spark.api.python.PythonUtils").toSeq(list(values))
