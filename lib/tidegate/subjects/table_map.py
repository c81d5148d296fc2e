"""The map of subjects: every table of the store, and the column in it that names a natural person."""

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate.tables.create import create_table, table_exists
from tidegate.tables.layout import Layout
from tidegate.tables.read import read_table
from tidegate.tables.write import merge_rows

SCHEMA = T.StructType(
    [
        T.StructField("path", T.StringType()),
        T.StructField("kind", T.StringType()),
        T.StructField("subject_column", T.StringType()),
    ]
)


@dataclass(frozen=True)
class MappedTable:
    """One table of the store.

    Attributes:
        path: Folder below the root.
        kind: feature group, training dataset or prediction table.
        subject_column: The column that names a person; None where the table holds no personal data.
    """

    path: str
    kind: str
    subject_column: str | None


def map_table(spark: SparkSession, layout: Layout, table: MappedTable) -> None:
    """Enter a table into the map, before its first row is written; entering it again changes nothing."""
    create_table(spark, layout.table_map, SCHEMA)
    row = spark.createDataFrame([(table.path, table.kind, table.subject_column)], SCHEMA)
    merge_rows(spark, layout.table_map, row.coalesce(1), ["path"])


def mapped_tables(spark: SparkSession, layout: Layout) -> list[MappedTable]:
    """Return the tables of the store; one entry a table, so the driver can hold them."""
    if not table_exists(spark, layout.table_map):
        return []
    rows = read_table(spark, layout.table_map).orderBy("path").collect()
    return [MappedTable(row["path"], row["kind"], row["subject_column"]) for row in rows]


def mapped_frame(spark: SparkSession, layout: Layout) -> DataFrame:
    """Return the map as a frame."""
    create_table(spark, layout.table_map, SCHEMA)
    return read_table(spark, layout.table_map)
