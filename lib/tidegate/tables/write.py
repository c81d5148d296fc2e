"""The ways to write a Delta table: append, replace, merge and delete. Each of them makes one commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.moments import moment_literal
from tidegate.schema import quoted
from tidegate.tables.commits.commit import committed
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.file_commit import commit_exactly, commit_marks, commit_rows


@dataclass(frozen=True)
class TimeBounds:
    """The span of one timestamp column that a batch covers. With these literal bounds, a MERGE can skip files."""

    column: str
    earliest: datetime
    latest: datetime

    def condition(self, alias: str = "") -> str:
        """Return the SQL condition for rows of the table within the bounds; both ends are included."""
        column = f"{alias}.`{self.column}`" if alias else f"`{self.column}`"
        return f"{column} BETWEEN {moment_literal(self.earliest)} AND {moment_literal(self.latest)}"


@dataclass(frozen=True)
class MergeRule:
    """How a MERGE compares its rows with those of the table, and what it does with them.

    Attributes:
        keys: The columns that identify a row.
        bounds: The span of time that the changes cover, so that files can be skipped.
        within: A further SQL condition on the rows of the table, with the alias `_stored`, so that files can be skipped.
        newer: The SQL condition on `_stored` and `_change` under which a stored row is replaced; None: always.
        only_inserts: Do not change stored rows with the same keys. A MERGE without updates rewrites no file.
        updates: The new values of a stored row, as SQL on `_stored` and `_change` by column; None: all values of the change.
    """

    keys: Sequence[str]
    bounds: TimeBounds | None = None
    within: str | None = None
    newer: str | None = None
    only_inserts: bool = False
    updates: Mapping[str, str] | None = None

    @property
    def condition(self) -> str:
        """The SQL condition under which a change and a stored row are the same row."""
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
        commit: The metadata of the commit. The caller has checked that no other commit of the table has its token.
    """
    spark = frame.sparkSession
    committed(spark, path, lambda: commit_rows(spark, path, frame, commit))


def append_exactly(frame: DataFrame, path: str, rows: int, commit: Commit = Commit()) -> bool:
    """Append the rows in one commit if the frame has this number of rows; otherwise append nothing.

    Args:
        frame: All columns of the table, with its types. Spark counts its rows while it writes them.
        path: The table, for which `can_count_rows` must be true.
        rows: The number of rows that the frame should have.
        commit: The metadata of the commit. The caller has checked that no other commit of the table has its token.

    Returns:
        Whether the rows were appended.
    """
    spark = frame.sparkSession
    return committed(spark, path, lambda: commit_exactly(spark, path, frame, rows, commit))


def replace_marked(frame: DataFrame, path: str, marked: DataFrame, commit: Commit = Commit()) -> None:
    """Append the rows and mark others as deleted, in one commit.

    Args:
        frame: All columns of the table, with its types.
        path: The table, for which `can_mark_rows` must be true. The caller has held its lock since it read the table.
        marked: The places of the rows to mark, as `with_places` adds them.
        commit: The metadata of the commit. The caller has checked that no other commit of the table has its token.
    """
    spark = frame.sparkSession
    committed(spark, path, lambda: commit_marks(spark, path, frame, marked, commit))


def replace_rows(frame: DataFrame, path: str, properties: Mapping[str, str]) -> None:
    """Write the rows as the whole content of the table. A new table is created with the properties."""

    def replace() -> None:
        frame.write.format("delta").mode("overwrite").option("overwriteSchema", "true").options(**properties).save(path)

    committed(frame.sparkSession, path, replace)


def merge_rows(spark: SparkSession, path: str, changes: DataFrame, rule: MergeRule, commit: Commit = Commit()) -> None:
    """Update the stored rows with the keys of the changes and insert the other changes, in one commit.

    Args:
        spark: The session.
        path: The table.
        changes: One row for each key. No key column is NULL, because a MERGE would insert such a row again in every run.
        rule: How the rows are compared, and what is done with them.
        commit: The metadata of the commit.
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


def delete_rows(spark: SparkSession, path: str, keys: DataFrame, commit: Commit = Commit()) -> None:
    """Delete the rows that equal a row of `keys` in all its columns. NULL equals NULL.

    This is a MERGE from a frame, because a DELETE with literals would write the values into the table's log.

    Args:
        spark: The session.
        path: The table.
        keys: Some columns of the table, without repetitions.
        commit: The metadata of the commit.
    """

    def delete() -> None:
        table = DeltaTable.forPath(commit.session(spark), path).alias("_stored")
        table.merge(keys.alias("_erased"), same_row(keys.columns)).whenMatchedDelete().execute()

    committed(spark, path, delete)


def same_row(names: Sequence[str]) -> Column:
    """Return the condition that a row of `_stored` and a row of `_erased` are equal in all of these columns."""
    return F.expr(" AND ".join(f"_stored.{quoted(name)} <=> _erased.{quoted(name)}" for name in names))


def delete_matching(
    spark: SparkSession, path: str, keys: DataFrame, within: str | None = None, commit: Commit = Commit()
) -> None:
    """Delete the rows that equal a row of `keys` in all its columns, in one commit. The table's log contains none of the values.

    Args:
        spark: The session.
        path: The table.
        keys: Some columns of the table, without repetitions.
        within: A further SQL condition on the rows of the table, with the alias `_stored`, so that files can be skipped. It must
                not contain personal values.
        commit: The metadata of the commit. It must have a note.
    """
    conditions = [f"_stored.`{name}` = _gone.`{name}`" for name in keys.columns] + ([within] if within else [])

    def delete() -> None:
        table = DeltaTable.forPath(_removing(spark, commit), path).alias("_stored")
        table.merge(keys.alias("_gone"), " AND ".join(conditions)).whenMatchedDelete().execute()

    committed(spark, path, delete)


def delete_where(spark: SparkSession, path: str, condition: str, commit: Commit) -> None:
    """Delete the rows that meet an SQL condition. The table's log contains it, so it must not contain personal values."""
    committed(spark, path, lambda: DeltaTable.forPath(_removing(spark, commit), path).delete(condition))


def _removing(spark: SparkSession, commit: Commit) -> SparkSession:
    """Return a session in which a deletion rewrites files, even if the table has deletion vectors for corrected rows."""
    session = commit.session(spark)
    if session is spark:
        raise RuntimeError("a deletion has a note: its settings must not become the caller's")
    for verb in ("delete", "merge"):
        session.conf.set(f"spark.databricks.delta.{verb}.deletionVectors.persistent", "false")
    return session


def optimize_table(spark: SparkSession, path: str) -> None:
    """Compact the small files of a table whose rows need no order."""
    committed(spark, path, lambda: DeltaTable.forPath(spark, path).optimize().executeCompaction())
