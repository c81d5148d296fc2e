"""The three ways a Delta table is written: append, replace, merge; each is one commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession

from tidegate.tables.commit import committed
from tidegate.tables.commit_note import Commit


@dataclass(frozen=True)
class TimeBounds:
    """The stretch of one timestamp column that a batch covers; literal bounds let a MERGE skip files."""

    column: str
    earliest: datetime
    latest: datetime

    def condition(self, alias: str = "") -> str:
        """SQL condition that a row of the table lies within the bounds."""
        literals = [f"TIMESTAMP'{moment:%Y-%m-%d %H:%M:%S.%f}+00:00'" for moment in (self.earliest, self.latest)]
        column = f"{alias}.`{self.column}`" if alias else f"`{self.column}`"
        return f"{column} BETWEEN {literals[0]} AND {literals[1]}"


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
    writer = frame.write.format("delta").mode("append").options(**commit.writer_options())
    committed(frame.sparkSession, path, lambda: writer.save(path))


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
        builder = table.alias("stored").merge(changes.alias("change"), rule.condition)
        if not rule.only_inserts:
            builder = builder.whenMatchedUpdateAll(rule.newer)
        builder.whenNotMatchedInsertAll().execute()

    committed(spark, path, merge)


def delete_rows(spark: SparkSession, path: str, keys: DataFrame, column: str) -> None:
    """Delete the rows whose column has one of the values in the one-column frame `keys`.

    By MERGE from a frame: a DELETE with literals would write the values into the table's log.
    """
    condition = f"stored.`{column}` = erased.`{keys.columns[0]}`"

    def delete() -> None:
        DeltaTable.forPath(spark, path).alias("stored").merge(keys.alias("erased"), condition).whenMatchedDelete().execute()

    committed(spark, path, delete)


def vacuum_table(spark: SparkSession, path: str) -> None:
    """Remove every file that the newest version does not need, at once; older versions can't be read any more.

    Without the lock it would remove the files that a writer under way has not committed yet. It makes commits of its own, too.
    """
    committed(spark, path, lambda: DeltaTable.forPath(spark, path).vacuum(0))
