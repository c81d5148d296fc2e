"""The ways a Delta table is written: append, replace, merge, delete; each is one commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession

from tidegate.moments import moment_literal
from tidegate.schema import quoted
from tidegate.tables.commits.commit import committed
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.file_commit import commit_marks, commit_rows


@dataclass(frozen=True)
class TimeBounds:
    """The stretch of one timestamp column that a batch covers; literal bounds let a MERGE skip files."""

    column: str
    earliest: datetime
    latest: datetime

    def condition(self, alias: str = "") -> str:
        """SQL condition that a row of the table lies within the bounds."""
        column = f"{alias}.`{self.column}`" if alias else f"`{self.column}`"
        return f"{column} BETWEEN {moment_literal(self.earliest)} AND {moment_literal(self.latest)}"


@dataclass(frozen=True)
class MergeRule:
    """How the rows of a MERGE meet those of the table.

    Attributes:
        keys: The columns that name a row.
        bounds: Stretch of time that the changes cover, to skip files.
        within: Further SQL condition on the table's rows alone, over the alias `_stored`, to skip files.
        newer: SQL condition under which a row that is there is replaced, over `_stored` and `_change`; None: always.
        only_inserts: Leave rows whose keys are there alone: a MERGE without updates rewrites no file.
        updates: What a row that is there becomes, as SQL by column over `stored` and `change`; None: the change.
    """

    keys: Sequence[str]
    bounds: TimeBounds | None = None
    within: str | None = None
    newer: str | None = None
    only_inserts: bool = False
    updates: Mapping[str, str] | None = None

    @property
    def condition(self) -> str:
        """When a change and a stored row are the same row."""
        conditions = [f"_stored.`{key}` = _change.`{key}`" for key in self.keys]
        if self.bounds is not None:
            conditions.append(self.bounds.condition("_stored"))
        if self.within is not None:
            conditions.append(self.within)
        return " AND ".join(conditions)


def append_rows(frame: DataFrame, path: str, commit: Commit = Commit()) -> None:
    """Append the rows in one commit.

    Args:
        frame: All columns of the table, with its types.
        path: The table.
        commit: What stands in the log with it; the caller has seen that no other commit has its token.
    """
    spark = frame.sparkSession
    committed(spark, path, lambda: commit_rows(spark, path, frame, commit))


def replace_marked(frame: DataFrame, path: str, marked: DataFrame, commit: Commit = Commit()) -> None:
    """Append the rows and mark others as deleted, in one commit.

    Args:
        frame: All columns of the table, with its types.
        path: The table; `can_mark_rows` says whether it can be done there. The caller holds its lock since it was read.
        marked: Where the rows lie that go, as `with_places` says.
        commit: What stands in the log with it; the caller has seen that no other commit has its token.
    """
    spark = frame.sparkSession
    committed(spark, path, lambda: commit_marks(spark, path, frame, marked, commit))


def replace_rows(frame: DataFrame, path: str, properties: Mapping[str, str]) -> None:
    """Write the rows as the whole content of the table, created with the properties where it is new."""

    def replace() -> None:
        frame.write.format("delta").mode("overwrite").option("overwriteSchema", "true").options(**properties).save(path)

    committed(frame.sparkSession, path, replace)


def merge_rows(spark: SparkSession, path: str, changes: DataFrame, rule: MergeRule, commit: Commit = Commit()) -> None:
    """Update the rows whose keys are there and insert the others, in one commit.

    Args:
        spark: The session.
        path: The table.
        changes: One row a key and no NULL in a key: a MERGE would insert such rows twice without a word.
        rule: How rows meet.
        commit: What stands in the log with it.
    """

    def merge() -> None:
        table = DeltaTable.forPath(commit.session(spark), path)
        builder = table.alias("_stored").merge(changes.alias("_change"), rule.condition)
        if rule.updates is not None:
            builder = builder.whenMatchedUpdate(rule.newer, dict(rule.updates))
        elif not rule.only_inserts:
            builder = builder.whenMatchedUpdateAll(rule.newer)
        builder.whenNotMatchedInsertAll().execute()

    committed(spark, path, merge)


def delete_rows(spark: SparkSession, path: str, keys: DataFrame) -> None:
    """Delete the rows that equal a row of `keys` in all its columns, NULL being equal to NULL.

    By MERGE from a frame: a DELETE with literals would write the values into the table's log.

    Args:
        spark: The session.
        path: The table.
        keys: Some columns of the table, without repetitions.
    """
    condition = " AND ".join(f"_stored.{quoted(name)} <=> _erased.{quoted(name)}" for name in keys.columns)

    def delete() -> None:
        DeltaTable.forPath(spark, path).alias("_stored").merge(keys.alias("_erased"), condition).whenMatchedDelete().execute()

    committed(spark, path, delete)


def delete_matching(
    spark: SparkSession, path: str, keys: DataFrame, within: str | None = None, commit: Commit = Commit()
) -> None:
    """Delete the rows that equal a row of `keys` in all its columns, in one commit; no value stands in the table's log.

    Args:
        spark: The session.
        path: The table.
        keys: Some columns of the table, without repetitions.
        within: Further SQL condition on the table's rows alone, over the alias `_stored`, to skip files; no personal value.
        commit: What stands in the log with it; it has a note.
    """
    conditions = [f"_stored.`{name}` = _gone.`{name}`" for name in keys.columns] + ([within] if within else [])

    def delete() -> None:
        table = DeltaTable.forPath(_removing(spark, commit), path).alias("_stored")
        table.merge(keys.alias("_gone"), " AND ".join(conditions)).whenMatchedDelete().execute()

    committed(spark, path, delete)


def delete_where(spark: SparkSession, path: str, condition: str, commit: Commit) -> None:
    """Delete the rows that meet an SQL condition; it stands in the table's log, so it names no personal value."""
    committed(spark, path, lambda: DeltaTable.forPath(_removing(spark, commit), path).delete(condition))


def _removing(spark: SparkSession, commit: Commit) -> SparkSession:
    """Return a session in which deleted rows leave their files at once, also where the table marks corrected ones."""
    session = commit.session(spark)
    if session is spark:
        raise RuntimeError("a deletion has a note: its settings must not become the caller's")
    for verb in ("delete", "merge"):
        session.conf.set(f"spark.databricks.delta.{verb}.deletionVectors.persistent", "false")
    return session


def optimize_table(spark: SparkSession, path: str) -> None:
    """Join the small files of a table whose rows need no order."""
    committed(spark, path, lambda: DeltaTable.forPath(spark, path).optimize().executeCompaction())


def vacuum_table(spark: SparkSession, path: str) -> None:
    """Remove every file that the newest version does not need, at once; older versions can't be read any more.

    Without the lock it would remove the files that a writer under way has not committed yet. It makes commits of its own, too.
    """
    committed(spark, path, lambda: DeltaTable.forPath(spark, path).vacuum(0))
