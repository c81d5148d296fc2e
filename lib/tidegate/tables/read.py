"""Read a Delta table at an integer version, and the facts in its log."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate.tables.delta_log.table_log import open_log


@dataclass(frozen=True)
class TableState:
    """The metadata of one version of a table.

    Attributes:
        schema: The columns and their types.
        properties: The Delta properties that were set.
    """

    schema: T.StructType
    properties: Mapping[str, str]


def read_table(spark: SparkSession, path: str, version: int | None = None) -> DataFrame:
    """Return the rows of a table.

    Without a version, the frame reads the newest version each time it is computed. With a version, it always reads that one and
    starts faster (see `OwnLog.listed_files`), but it fails after maintenance or an erasure has removed its files.
    """
    reader = spark.read.format("delta")
    if version is None:
        return reader.load(path)
    listed = open_log(spark, path, version).rows()
    return reader.option("versionAsOf", version).load(path) if listed is None else listed


def read_newest(spark: SparkSession, path: str) -> DataFrame:
    """Return the rows of the version of a table that is the newest one now. The frame keeps reading it; see `read_table`."""
    return read_table(spark, path, current_version(spark, path))


def read_or_empty(spark: SparkSession, path: str, schema: T.StructType) -> DataFrame:
    """Return the rows of a table, or an empty frame of the schema if there is no table. No table is created."""
    return read_table(spark, path) if DeltaTable.isDeltaTable(spark, path) else spark.createDataFrame([], schema)


def lists_files(spark: SparkSession, path: str) -> bool:
    """Return whether the files of the newest version can be listed without a Spark job."""
    return open_log(spark, path).names_files


def current_version(spark: SparkSession, path: str) -> int:
    """Return the newest version of the table at the path."""
    return open_log(spark, path).version


def table_tokens(spark: SparkSession, path: str) -> list[str]:
    """Return the tokens of all commits of a table, including those that its history no longer shows."""
    return open_log(spark, path).tokens()


def table_identity(spark: SparkSession, path: str) -> tuple[str, int]:
    """Return the id and the newest version of a table. As long as both are equal, its content has not changed."""
    newest = open_log(spark, path)
    # The id alone is not enough: the tables of a copied root have the same ids, and then change separately. The path alone is not
    # enough either: a table that is created again at the same path has another id.
    return f"{newest.table_id} at {path}", newest.version


def table_state(spark: SparkSession, path: str, version: int | None = None) -> TableState:
    """Return the schema and the properties of a version, the newest by default. Only the log is read."""
    metadata = open_log(spark, path, version).metadata()
    return TableState(T.StructType.fromJson(json.loads(metadata["schemaString"])), metadata["configuration"])


def table_property(spark: SparkSession, path: str, key: str) -> str | None:
    """Return a property of the table; None if it is not set."""
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
    """Return the number of rows that the newest commit wrote, as its metrics state it."""
    newest = table_history(spark, path, limit=1).select("operationMetrics").first()
    if newest is None:
        raise RuntimeError(f"the Delta table at {path} has no history")
    return int(newest["operationMetrics"].get("numOutputRows", 0))
