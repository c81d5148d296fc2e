"""The ways a Delta table is written: append, replace, merge, delete; each is one commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession

from tidegate.tables.commit import Commit


def moment_literal(moment: datetime) -> str:
    """Return a moment with a zone as an SQL literal."""
    return f"TIMESTAMP'{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00:00'"


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
        within: Further SQL condition on the table's rows alone, over the alias `stored`, to skip files.
        newer: SQL condition under which a row that is there is replaced, over `stored` and `change`; None: always.
        only_inserts: Leave rows whose keys are there alone: a MERGE without updates rewrites no file.
    """

    keys: Sequence[str]
    bounds: TimeBounds | None = None
    within: str | None = None
    newer: str | None = None
    only_inserts: bool = False

    @property
    def condition(self) -> str:
        """When a change and a stored row are the same row."""
        conditions = [f"stored.`{key}` = change.`{key}`" for key in self.keys]
        if self.bounds is not None:
            conditions.append(self.bounds.condition("stored"))
        if self.within is not None:
            conditions.append(self.within)
        return " AND ".join(conditions)


def append_rows(frame: DataFrame, path: str, commit: Commit = Commit()) -> None:
    """Append the rows in one commit; the table exists with the same schema."""
    frame.write.format("delta").mode("append").options(**commit.writer_options()).save(path)


def replace_rows(frame: DataFrame, path: str, properties: Mapping[str, str]) -> None:
    """Write the rows as the whole content of the table, created with the properties where it is new."""
    frame.write.format("delta").mode("overwrite").option("overwriteSchema", "true").options(**properties).save(path)


def merge_rows(spark: SparkSession, path: str, changes: DataFrame, rule: MergeRule, commit: Commit = Commit()) -> None:
    """Update the rows whose keys are there and insert the others, in one commit.

    Args:
        spark: The session.
        path: The table.
        changes: One row a key and no NULL in a key: a MERGE would insert such rows twice without a word.
        rule: How rows meet.
        commit: What stands in the log with it.
    """
    table = DeltaTable.forPath(commit.session(spark), path)
    merge = table.alias("stored").merge(changes.alias("change"), rule.condition)
    if not rule.only_inserts:
        merge = merge.whenMatchedUpdateAll(rule.newer)
    merge.whenNotMatchedInsertAll().execute()


def delete_rows(spark: SparkSession, path: str, keys: DataFrame, column: str) -> None:
    """Delete the rows whose column has one of the values in the one-column frame `keys`.

    By MERGE from a frame: a DELETE with literals would write the values into the table's log.
    """
    condition = f"stored.`{column}` = erased.`{keys.columns[0]}`"
    DeltaTable.forPath(spark, path).alias("stored").merge(keys.alias("erased"), condition).whenMatchedDelete().execute()


def delete_matching(
    spark: SparkSession, path: str, keys: DataFrame, within: str | None = None, commit: Commit = Commit()
) -> None:
    """Delete the rows that equal a row of `keys` in all its columns, in one commit; no value stands in the table's log.

    Args:
        spark: The session.
        path: The table.
        keys: Some columns of the table, without repetitions.
        within: Further SQL condition on the table's rows alone, over the alias `stored`, to skip files; no personal value.
        commit: What stands in the log with it.
    """
    conditions = [f"stored.`{name}` = gone.`{name}`" for name in keys.columns] + ([within] if within else [])
    table = DeltaTable.forPath(commit.session(spark), path).alias("stored")
    table.merge(keys.alias("gone"), " AND ".join(conditions)).whenMatchedDelete().execute()


def delete_where(spark: SparkSession, path: str, condition: str, commit: Commit = Commit()) -> None:
    """Delete the rows that meet an SQL condition; it stands in the table's log, so it names no personal value."""
    DeltaTable.forPath(commit.session(spark), path).delete(condition)


def optimize_table(spark: SparkSession, path: str) -> None:
    """Join the small files of a table whose rows need no order."""
    DeltaTable.forPath(spark, path).optimize().executeCompaction()


def vacuum_table(spark: SparkSession, path: str) -> None:
    """Remove every file that the newest version does not need, at once; older versions can't be read any more."""
    DeltaTable.forPath(spark, path).vacuum(0)
