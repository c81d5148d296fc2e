"""The map of subjects: every table of the store, and the column in it that names a natural person."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.layout import Layout
from tidegate.tables.read import read_table
from tidegate.tables.write import MergeRule, merge_rows

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


def map_tables(spark: SparkSession, layout: Layout, tables: Sequence[MappedTable]) -> None:
    """Enter tables into the map, before their first row is written; entering them again changes nothing."""
    known = set(mapped_tables(spark, layout))
    unknown = [(table.path, table.kind, table.subject_column) for table in tables if table not in known]
    if not unknown:
        return
    create_table(spark, layout.table_map, TableShape(SCHEMA))
    merge_rows(spark, layout.table_map, spark.createDataFrame(unknown, SCHEMA).coalesce(1), MergeRule(["path"]))


def mapped_tables(spark: SparkSession, layout: Layout) -> list[MappedTable]:
    """Return the tables of the store; one entry a table, so the driver can hold them."""
    if not table_exists(spark, layout.table_map):
        return []
    rows = read_table(spark, layout.table_map).orderBy("path").collect()
    return [MappedTable(row["path"], row["kind"], row["subject_column"]) for row in rows]
