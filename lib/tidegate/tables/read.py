"""Read a Delta table at an integer version, and what its log says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate.tables.delta_log.table_log import open_log


@dataclass(frozen=True)
class TableState:
    """What a version of a table says of itself.

    Attributes:
        schema: Columns and types.
        properties: The properties that were set.
    """

    schema: T.StructType
    properties: Mapping[str, str]


def read_table(spark: SparkSession, path: str, version: int | None = None) -> DataFrame:
    """Return the table's rows: a frame that shows the newest version whenever it is computed, or one that stays at a version.

    A frame at a version starts faster, see `OwnLog.listed_files`; it fails once maintenance or an erasure removed its files.
    """
    reader = spark.read.format("delta")
    if version is None:
        return reader.load(path)
    listed = open_log(spark, path, version).rows()
    return reader.option("versionAsOf", version).load(path) if listed is None else listed


def read_or_empty(spark: SparkSession, path: str, schema: T.StructType) -> DataFrame:
    """Return the table's rows; no row, in these columns, where there is no table yet. Nothing is made."""
    return read_table(spark, path) if DeltaTable.isDeltaTable(spark, path) else spark.createDataFrame([], schema)


def lists_files(spark: SparkSession, path: str) -> bool:
    """Tell whether the files of the newest version are known without a job."""
    return open_log(spark, path).names_files


def current_version(spark: SparkSession, path: str) -> int:
    """Return the newest version of the table at the path."""
    return open_log(spark, path).version


def table_tokens(spark: SparkSession, path: str) -> list[str]:
    """Return the tokens of the commits of a table; they outlive its history."""
    return open_log(spark, path).tokens()


def table_identity(spark: SparkSession, path: str) -> tuple[str, int]:
    """Return which table it is and its newest version: what was read of it is true as long as these two are the same."""
    newest = open_log(spark, path)
    # A copied root has tables of the same ids, which then go ways of their own; a table made again at a path has another id.
    return f"{newest.table_id} at {path}", newest.version


def table_state(spark: SparkSession, path: str, version: int | None = None) -> TableState:
    """Return schema and properties of a version, the newest by default, from the log alone."""
    metadata = open_log(spark, path, version).metadata()
    return TableState(T.StructType.fromJson(json.loads(metadata["schemaString"])), metadata["configuration"])


def table_property(spark: SparkSession, path: str, key: str) -> str | None:
    """Return a property of the table, or None where it isn't set."""
    return table_state(spark, path).properties.get(key)


def file_count(spark: SparkSession, path: str) -> int:
    """Return how many data files the newest version has."""
    return open_log(spark, path).file_count()


def table_bytes(spark: SparkSession, path: str) -> int:
    """Return how many bytes the data files of the newest version have."""
    return open_log(spark, path).byte_count()


def table_history(spark: SparkSession, path: str, limit: int = 20) -> DataFrame:
    """Return the newest versions of a table with operation and metrics, newest first."""
    return DeltaTable.forPath(spark, path).history(limit)


def rows_of_last_write(spark: SparkSession, path: str) -> int:
    """Return how many rows the newest commit says that it wrote."""
    newest = table_history(spark, path, limit=1).select("operationMetrics").first()
    if newest is None:
        raise RuntimeError(f"the Delta table at {path} has no history")
    return int(newest["operationMetrics"].get("numOutputRows", 0))
