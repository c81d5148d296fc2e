"""Write rows as files and commit them in a transaction of our own: the fast way to write.

Spark's DataFrame writer replays the log to find the files of a table. That takes four Spark jobs and most of a second, while a
small write takes only a quarter of a second. Here the caller names the files to remove. The token of a batch is only written;
the caller has already checked that no commit has it.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate.hadoop import open_path
from tidegate.jvm import java_class, java_frame, scala_none
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.row_places import ARRANGED_AT
from tidegate.tables.internals.own_log import OwnLog, own_log, python_list, scala_list
from tidegate.tables.internals.own_marks import marking_actions

_DELTA = "org.apache.spark.sql.delta"


@dataclass(frozen=True)
class Gone:
    """The files and rows that a commit replaces.

    Attributes:
        files: The files to remove, as `OwnLog` returns them.
        marked: The places of the rows to mark in deletion vectors, as `with_places` adds them.
        same_rows: Whether the new files contain the same rows as the old ones. Readers of changes then see no change.
        leaving: The number of rows that the new files must have; None if it is not known.
    """

    files: Sequence[Any] = ()
    marked: DataFrame | None = None
    same_rows: bool = False
    leaving: int | None = None


@dataclass(frozen=True)
class OwnTransaction:
    """A transaction that reads one version. Delta checks later commits for conflicts when it commits; see `begin`.

    Attributes:
        spark: The session.
        log: The version that it reads.
        handle: Delta's own OptimisticTransaction.
    """

    spark: SparkSession
    log: OwnLog
    handle: Any

    def reshape(self, schema: T.StructType, partitioned_by: Sequence[str], properties: Mapping[str, str]) -> None:
        """Change the columns, partitions and properties of the table with this commit. Properties that are not named stay."""
        # Even if no file is removed: rows that another writer appends in the meantime would have the old shape.
        self.handle.readWholeTable()
        before = self.handle.metadata()
        held = before.configuration()
        for key, value in properties.items():
            held = held.updated(key, value)
        names = before.id(), before.name(), before.description(), before.format()
        columns = schema.json(), scala_list(self.spark, partitioned_by)
        self.handle.updateMetadata(before.copy(*names, *columns, held, before.createdTime()), False)

    def commit_rows(self, rows: DataFrame, commit: Commit, gone: Gone = Gone()) -> None:
        """Write rows as files and commit them. The rows must have the columns of the table in its order."""
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

    def commit_exactly(self, rows: DataFrame, number: int, commit: Commit) -> bool:
        """Write rows as files, and commit them if there are as many as expected. Otherwise the files are deleted.

        Without statistics in the log nobody knows how many rows the files have; then they are deleted too.
        """
        written = python_list(self.handle.writeFiles(java_frame(rows)))
        if _rows_in(written) == number:
            self.commit_actions(written, commit)
            return True
        folder = str(self.log.seen.deltaLog().dataPath())
        for file in written:
            path, file_system = open_path(self.spark, f"{folder}/{unquote(str(file.path()))}")
            file_system.delete(path, False)
        return False

    def commit_actions(self, actions: Sequence[Any], commit: Commit, mode: str = "Append") -> None:
        """Commit actions of Delta together with the metadata of the commit."""
        set_token = java_class(self.spark, f"{_DELTA}.actions.SetTransaction")
        tokens = [set_token(commit.token, 0, scala_none(self.spark))] if commit.token else []
        self.handle.commit(scala_list(self.spark, [*actions, *tokens]), write_operation(self.spark, mode, commit))


def begin(spark: SparkSession, path: str) -> OwnTransaction:
    """Begin a transaction at the newest version of a table."""
    log = own_log(spark, path)
    some = java_class(spark, "scala.Option").apply(log.seen)
    return OwnTransaction(spark, log, log.seen.deltaLog().startTransaction(scala_none(spark), some))


def action_of(spark: SparkSession, action: Mapping[str, Any]) -> Any:  # noqa: ANN401  # Delta's own class
    """Return Delta's own object of an action, from the entry as the log has it."""
    return getattr(java_class(spark, f"{_DELTA}.actions.Action$"), "MODULE$").fromJson(json.dumps(action))


def write_operation(spark: SparkSession, mode: str, commit: Commit) -> Any:  # noqa: ANN401  # Delta's own class
    """Return Delta's description of a commit that writes rows, for the log."""
    nothing, note = scala_none(spark), java_class(spark, "scala.Option").apply(commit.writer_options().get("userMetadata"))
    write, modes = java_class(spark, f"{_DELTA}.DeltaOperations$Write"), java_class(spark, "org.apache.spark.sql.SaveMode")
    return write(getattr(modes, mode), nothing, nothing, note, *[nothing] * 5)


def _require_rows(written: Sequence[Any], expected: int, path: str) -> None:
    """Raise an error if the new files have another number of rows than expected. Without statistics nothing is checked."""
    found = _rows_in(written)
    if found is not None and found != expected:
        raise RuntimeError(f"{path}: {found} rows were written, but {expected} were expected")


def _rows_in(written: Sequence[Any]) -> int | None:
    """Return the number of rows in new files; None if the log has no statistics of them."""
    numbers = [file.numPhysicalRecords() for file in written]
    return sum(int(number.get()) for number in numbers) if all(number.isDefined() for number in numbers) else None


def _without_change(spark: SparkSession, file: Any, version: int) -> Any:  # noqa: ANN401  # Delta's own classes
    """Return the action that adds a file with no new rows, and with the version of the compaction as a tag."""
    action = json.loads(file.json())
    action["add"] |= {"dataChange": False, "tags": {**(action["add"].get("tags") or {}), ARRANGED_AT: str(version)}}
    return action_of(spark, action)
