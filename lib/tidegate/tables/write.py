"""The three ways a Delta table is written: append, replace, merge; each is one commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession

from tidegate.tables.commit import committed


@dataclass(frozen=True)
class TimeBounds:
    """The stretch of one timestamp column that a batch covers; literal bounds let a MERGE skip files."""

    column: str
    earliest: datetime
    latest: datetime

    def condition(self, alias: str) -> str:
        """SQL condition that a row of the table lies within the bounds."""
        literals = [f"TIMESTAMP'{moment:%Y-%m-%d %H:%M:%S.%f}+00:00'" for moment in (self.earliest, self.latest)]
        return f"{alias}.`{self.column}` BETWEEN {literals[0]} AND {literals[1]}"


def append_rows(frame: DataFrame, path: str) -> None:
    """Append the rows in one commit; the table exists with the same schema."""
    committed(frame.sparkSession, path, lambda: frame.write.format("delta").mode("append").save(path))


def replace_rows(frame: DataFrame, path: str, properties: Mapping[str, str]) -> None:
    """Write the rows as the whole content of the table, created with the properties where it is new."""

    def replace() -> None:
        frame.write.format("delta").mode("overwrite").option("overwriteSchema", "true").options(**properties).save(path)

    committed(frame.sparkSession, path, replace)


def merge_rows(
    spark: SparkSession,
    path: str,
    changes: DataFrame,
    keys: Sequence[str],
    bounds: TimeBounds | None = None,
    only_inserts: bool = False,
) -> None:
    """Update the rows whose keys are there and insert the others, in one commit.

    Args:
        spark: The session.
        path: The table.
        changes: One row a key and no NULL in a key: a MERGE would insert such rows twice without a word.
        keys: The columns that name a row.
        bounds: Stretch of time that the changes cover, to skip files.
        only_inserts: Leave rows whose keys are there alone: a MERGE without updates rewrites no file.
    """
    conditions = [f"stored.`{key}` = change.`{key}`" for key in keys]
    if bounds is not None:
        conditions.append(bounds.condition("stored"))

    def merge() -> None:
        builder = DeltaTable.forPath(spark, path).alias("stored").merge(changes.alias("change"), " AND ".join(conditions))
        if not only_inserts:
            builder = builder.whenMatchedUpdateAll()
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
