"""The commits of `own_transaction` by Delta's public commands: the same rows, more slowly."""

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
    """Append rows that the driver has; the log gets no statistics of them, since a column may be personal."""
    quiet = session_copy(spark)
    quiet.conf.set("spark.databricks.delta.stats.collect", "false")
    append(quiet.createDataFrame(list(rows), schema).coalesce(1), path, commit)


def replace_partitions(rows: DataFrame, path: str, column: str, values: Collection[int], commit: Commit) -> None:
    """Write rows in the place of all rows of some partitions; the caller holds the table's lock since it read them."""
    replaced = f"{quoted(column)} IN ({', '.join(map(str, sorted(values)))})"
    writer = rows.write.format("delta").mode("overwrite").option("replaceWhere", replaced)
    writer.options(**commit.writer_options()).save(path)


def compact(spark: SparkSession, path: str, names: Collection[str], commit: Commit) -> None:
    """Join the files in the partitions of the named ones, where these are in the table still.

    OPTIMIZE joins what is small and what has many marks, in Delta's own order. A single mark can stay.
    """
    partitions = [file["partitionValues"] for file in PublishedLog(spark, path).files() if file["path"] in names]
    if partitions:
        table = DeltaTable.forPath(commit.session(spark), path).optimize()
        chosen = " OR ".join(sorted({_condition(values) for values in partitions}))
        (table.where(chosen) if chosen else table).executeCompaction()


def replace_table(
    rows: DataFrame, path: str, schema: T.StructType, partitioned_by: Sequence[str], properties: Mapping[str, str]
) -> None:
    """Write rows as the whole content of a table in another shape, in one commit.

    Args:
        rows: The columns of the schema, read in a session with the commit's note.
        path: The table; the caller holds its lock since it read the rows.
        schema: Columns and types.
        partitioned_by: Partition columns.
        properties: All properties that the table is to have.

    Raises:
        PrivateNameGoneError: A column may not be NULL. The command makes tables whose columns all may.
    """
    never_null = [field.name for field in schema.fields if not field.nullable]
    if never_null:
        raise PrivateNameGoneError(
            f"table {path} has columns that are never NULL ({', '.join(never_null)}), which Delta's own rewrite would forget",
            COMMIT.main,
        )
    writer = rows.writeTo(f"delta.{quoted(path)}").using("delta")
    if partitioned_by:
        writer = writer.partitionedBy(*map(F.col, partitioned_by))
    for key, value in properties.items():
        writer = writer.tableProperty(key, value)
    writer.createOrReplace()


def force_checkpoint(spark: SparkSession, path: str) -> int:
    """Let Delta make a checkpoint of a version by a property that is set for one commit; return the version.

    Raises:
        PrivateNameGoneError: No checkpoint is there afterwards.
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
            f"Delta made no checkpoint of table {path}, and the older entries of its log can't go",
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
