"""Migration, format 2 to 3: the map of subjects names several columns a table."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.maintenance.root_format import has_old_map
from tidegate.subjects.table_map import SCHEMA, MappedTable, mapped_tables
from tidegate.tables.commit_lock import exclusive
from tidegate.tables.layout import Layout
from tidegate.tables.read import read_table
from tidegate.tables.write import replace_rows


def rewrite_map(spark: SparkSession, layout: Layout, dry_run: bool = False) -> list[str]:
    """Write the map of subjects in its new columns, in one commit."""
    if not has_old_map(spark, layout):
        return []
    if not dry_run:
        with exclusive(spark, layout.table_map):
            replace_rows(_in_new_columns(read_table(spark, layout.table_map)), layout.table_map, {})
    return [f"{layout.relative(layout.table_map)}: several subject columns a table"]


def entries_of_any_format(spark: SparkSession, layout: Layout) -> list[MappedTable]:
    """Return the entries of the map, also of a map that was not migrated yet, such as in a dry run."""
    if not has_old_map(spark, layout):
        return mapped_tables(spark, layout)
    rows = _in_new_columns(read_table(spark, layout.table_map)).orderBy("path").collect()
    return [MappedTable(row["path"], row["kind"], tuple(row["subject_columns"])) for row in rows]


def _in_new_columns(old: DataFrame) -> DataFrame:
    nobody = F.array().cast("array<string>")
    columns = F.when(F.col("subject_column").isNull(), nobody).otherwise(F.array("subject_column"))
    return old.withColumn("subject_columns", columns).select(*SCHEMA.names)
