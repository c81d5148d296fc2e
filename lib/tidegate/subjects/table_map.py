"""The map of subjects: every table of the store, and the column in it that names a natural person."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.tables.commit_lock import exclusive
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.few_rows import append_few
from tidegate.tables.layout import Layout
from tidegate.tables.paths import is_local
from tidegate.tables.read import read_table, table_identity
from tidegate.tables.write import MergeRule, merge_rows

SCHEMA = T.StructType(
    [
        T.StructField("path", T.StringType()),
        T.StructField("kind", T.StringType()),
        T.StructField("subject_column", T.StringType()),
    ]
)


# By the table's own id: the version that was read last, and what it holds.
_LAST_READ: dict[str, tuple[int, list["MappedTable"]]] = {}


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
    if set(tables) <= set(mapped_tables(spark, layout)):
        return
    create_table(spark, layout.table_map, TableShape(SCHEMA))
    with exclusive(spark, layout.table_map):
        known = mapped_tables(spark, layout)
        unknown = [table for table in tables if table not in known]
        if not unknown:
            return
        entries = [(table.path, table.kind, table.subject_column) for table in unknown]
        # Nobody else adds one meanwhile, so what is not there needs no MERGE, which takes a second.
        if is_local(layout.table_map) and not {table.path for table in known} & {table.path for table in unknown}:
            append_few(spark, layout.table_map, entries, SCHEMA)
        else:
            rows = spark.createDataFrame(entries, SCHEMA).coalesce(1)
            merge_rows(spark, layout.table_map, rows, MergeRule(["path"]))


def mapped_tables(spark: SparkSession, layout: Layout) -> list[MappedTable]:
    """Return the tables of the store; one entry a table, so the driver can hold them."""
    if not table_exists(spark, layout.table_map):
        return []
    # Every write looks here, and the map hardly ever changes.
    table, version = table_identity(spark, layout.table_map)
    if _LAST_READ.get(table, (-1, []))[0] != version:
        rows = read_table(spark, layout.table_map, version).orderBy("path").collect()
        _LAST_READ[table] = version, [MappedTable(row["path"], row["kind"], row["subject_column"]) for row in rows]
    return list(_LAST_READ[table][1])
