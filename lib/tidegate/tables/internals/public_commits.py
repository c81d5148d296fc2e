"""The commits of `own_transaction` with Delta's public commands: they write the same rows, but take longer."""

from collections.abc import Collection, Mapping, Sequence

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import PrivateNameGoneError
from tidegate.hadoop import open_path
from tidegate.schema import quoted, text_literal
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.internals.names import CHECKPOINT, COMMIT
from tidegate.tables.internals.published_log import PublishedLog
from tidegate.tables.internals.spark_plans import session_copy

_INTERVAL = "delta.checkpointInterval"


def append(rows: DataFrame, path: str, commit: Commit) -> None:
    """Append rows."""
    rows.write.format("delta").mode("append").options(**commit.writer_options()).save(path)


def append_values(
    spark: SparkSession, path: str, rows: Sequence[tuple[object, ...]], schema: T.StructType, commit: Commit
) -> None:
    """Append rows that the driver holds. The log gets no statistics of them, because a column can be personal."""
    quiet = session_copy(spark)
    quiet.conf.set("spark.databricks.delta.stats.collect", "false")
    try:
        append(quiet.createDataFrame(list(rows), schema).coalesce(1), path, commit)
    finally:
        # `createDataFrame` makes its session the active one of this thread, which later commits would ask for their settings.
        spark.createDataFrame([], schema)


def replace_partitions(rows: DataFrame, path: str, column: str, values: Collection[int], commit: Commit) -> None:
    """Replace all rows of some partitions with the given rows. The caller has held the lock since it read the old rows."""
    replaced = f"{quoted(column)} IN ({', '.join(map(str, sorted(values)))})"
    writer = rows.write.format("delta").mode("overwrite").option("replaceWhere", replaced)
    writer.options(**commit.writer_options()).save(path)


def compact(spark: SparkSession, path: str, names: Collection[str], commit: Commit) -> None:
    """Compact the partitions that contain the named files, if the table still has these files.

    OPTIMIZE joins small files and rewrites files with many marks, in Delta's own order. A file with few marks can keep them.
    """
    partitions = [file["partitionValues"] for file in PublishedLog(spark, path).files() if file["path"] in names]
    if partitions:
        table = DeltaTable.forPath(commit.session(spark), path).optimize()
        chosen = " OR ".join(sorted({_condition(values) for values in partitions}))
        (table.where(chosen) if chosen else table).executeCompaction()


def replace_table(
    rows: DataFrame, path: str, schema: T.StructType, partitioned_by: Sequence[str], properties: Mapping[str, str]
) -> None:
    """Replace the whole content and the shape of a table, in one commit.

    Args:
        rows: The new rows, with the columns of the schema. They were read in a session with the note of the commit.
        path: The table. The caller has held its lock since it read the rows.
        schema: The columns and their types.
        partitioned_by: The partition columns.
        properties: All properties of the new table.

    Raises:
        PrivateNameGoneError: A column is declared NOT NULL. The command would drop this declaration.
    """
    never_null = [field.name for field in schema.fields if not field.nullable]
    if never_null:
        raise PrivateNameGoneError(
            f"table {path} has columns that are never NULL ({', '.join(never_null)}), and Delta's public command would drop that",
            COMMIT.main,
        )
    writer = rows.writeTo(f"delta.{quoted(path)}").using("delta")
    if partitioned_by:
        writer = writer.partitionedBy(*map(F.col, partitioned_by))
    for key, value in properties.items():
        writer = writer.tableProperty(key, value)
    writer.createOrReplace()


def force_checkpoint(spark: SparkSession, path: str) -> int:
    """Make Delta write a checkpoint by setting a property for one commit, and return the version of the checkpoint.

    Raises:
        PrivateNameGoneError: There is no checkpoint afterwards.
    """
    before = PublishedLog(spark, path).metadata()["configuration"].get(_INTERVAL)
    table = f"delta.{quoted(path)}"
    spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ({text_literal(_INTERVAL)} = '1')")
    version = PublishedLog(spark, path).version
    if before is None:
        spark.sql(f"ALTER TABLE {table} UNSET TBLPROPERTIES ({text_literal(_INTERVAL)})")
    else:
        spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ({text_literal(_INTERVAL)} = {text_literal(before)})")
    file, file_system = open_path(spark, f"{path}/_delta_log/{version:020d}.checkpoint.parquet")
    if not file_system.exists(file):
        raise PrivateNameGoneError(
            f"Delta made no checkpoint of table {path}, so the older entries of its log can't be removed",
            CHECKPOINT.main,
        )
    return version


def _condition(partition: Mapping[str, str | None]) -> str:
    """Return the SQL condition of one partition; empty for a table without partitions."""
    parts = [
        f"{quoted(name)} IS NULL" if value is None else f"CAST({quoted(name)} AS STRING) = {text_literal(value)}"
        for name, value in partition.items()
    ]
    return " AND ".join(parts)
