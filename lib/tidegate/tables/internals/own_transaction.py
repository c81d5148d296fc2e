"""Write rows as files and commit them in a transaction of our own: the fast way to write.

A DataFrame's writer finds out what a table holds by replaying its log: four Spark jobs, most of a second, where a small write
takes a quarter of one. Here the caller says which files go, and a batch's token is only written; the caller has looked for it.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate.jvm import java_class, java_frame, scala_none
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.row_places import ARRANGED_AT
from tidegate.tables.internals.own_log import OwnLog, own_log, python_list, scala_list
from tidegate.tables.internals.own_marks import marking_actions

_DELTA = "org.apache.spark.sql.delta"


@dataclass(frozen=True)
class Gone:
    """What rows take the place of.

    Attributes:
        files: Files that go, as `OwnLog` returns them.
        marked: The columns of `with_places` of the rows that go; they are marked in deletion vectors.
        same_rows: Whether the new files hold the rows of the old ones: readers of changes see none then.
        leaving: How many rows are to stand in the new files; None where it is not known.
    """

    files: Sequence[Any] = ()
    marked: DataFrame | None = None
    same_rows: bool = False
    leaving: int | None = None


@dataclass(frozen=True)
class OwnTransaction:
    """A transaction at one version: what was committed after it is met as a conflict, or stays; see `begin`.

    Attributes:
        spark: The session.
        log: The version.
        handle: Delta's own OptimisticTransaction.
    """

    spark: SparkSession
    log: OwnLog
    handle: Any

    def reshape(self, schema: T.StructType, partitioned_by: Sequence[str], properties: Mapping[str, str]) -> None:
        """Give the table another shape with this commit; the properties that are not named stay."""
        # Also where no file goes: rows that are appended meanwhile lie in the old shape.
        self.handle.readWholeTable()
        before = self.handle.metadata()
        held = before.configuration()
        for key, value in properties.items():
            held = held.updated(key, value)
        names = before.id(), before.name(), before.description(), before.format()
        columns = schema.json(), scala_list(self.spark, partitioned_by)
        self.handle.updateMetadata(before.copy(*names, *columns, held, before.createdTime()), False)

    def commit_rows(self, rows: DataFrame, commit: Commit, gone: Gone = Gone()) -> None:
        """Write rows as files and commit them; they have the table's columns, in its order."""
        if gone.files or gone.marked is not None:
            self.handle.readWholeTable()
        marks = [] if gone.marked is None else marking_actions(self.spark, self.handle, self.log, gone.marked)
        written = python_list(self.handle.writeFiles(java_frame(rows)))
        if gone.leaving is not None:
            _require_rows(written, gone.leaving, str(self.log.seen.deltaLog().dataPath()))
        if gone.same_rows:
            version = int(self.handle.readVersion()) + 1
            written = [_without_change(self.spark, file, version) for file in written]
        removed = [file.removeWithTimestamp(int(time.time() * 1000), not gone.same_rows) for file in gone.files]
        self.commit_actions([*written, *removed, *marks], commit, "Overwrite" if gone.files else "Append")

    def commit_actions(self, actions: Sequence[Any], commit: Commit, mode: str = "Append") -> None:
        """Commit actions of Delta's, and what stands in the log with them."""
        set_token = java_class(self.spark, f"{_DELTA}.actions.SetTransaction")
        tokens = [set_token(commit.token, 0, scala_none(self.spark))] if commit.token else []
        self.handle.commit(scala_list(self.spark, [*actions, *tokens]), write_operation(self.spark, mode, commit))


def begin(spark: SparkSession, path: str) -> OwnTransaction:
    """Begin a transaction at the newest version of a table."""
    log = own_log(spark, path)
    some = java_class(spark, "scala.Option").apply(log.seen)
    return OwnTransaction(spark, log, log.seen.deltaLog().startTransaction(scala_none(spark), some))


def action_of(spark: SparkSession, action: Mapping[str, Any]) -> Any:  # noqa: ANN401  # Delta's own class
    """Return an action as Delta has it, from what stands in its log."""
    return getattr(java_class(spark, f"{_DELTA}.actions.Action$"), "MODULE$").fromJson(json.dumps(action))


def write_operation(spark: SparkSession, mode: str, commit: Commit) -> Any:  # noqa: ANN401  # Delta's own class
    """Return what the log says of a commit that writes rows."""
    nothing, note = scala_none(spark), java_class(spark, "scala.Option").apply(commit.writer_options().get("userMetadata"))
    write, modes = java_class(spark, f"{_DELTA}.DeltaOperations$Write"), java_class(spark, "org.apache.spark.sql.SaveMode")
    return write(getattr(modes, mode), nothing, nothing, note, *[nothing] * 5)


def _require_rows(written: Sequence[Any], expected: int, path: str) -> None:
    """Refuse to commit files that do not hold as many rows as they must, where their statistics tell."""
    numbers = [file.numPhysicalRecords() for file in written]
    found = sum(int(number.get()) for number in numbers if number.isDefined())
    if found != expected and all(number.isDefined() for number in numbers):
        raise RuntimeError(f"{path}: {found} rows were written where there are {expected}")


def _without_change(spark: SparkSession, file: Any, version: int) -> Any:  # noqa: ANN401  # Delta's own classes
    """Return the action that adds a file, saying that no row is new and in which version it was arranged."""
    action = json.loads(file.json())
    action["add"] |= {"dataChange": False, "tags": {**(action["add"].get("tags") or {}), ARRANGED_AT: str(version)}}
    return action_of(spark, action)
