"""Migration, format 2 to 3: the map of subjects names several columns a table."""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidegate.maintenance.root_format import has_old_map
from tidegate.subjects.table_map import SCHEMA
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
            old = read_table(spark, layout.table_map)
            columns = F.when(F.col("subject_column").isNull(), F.array().cast("array<string>"))
            new = old.withColumn("subject_columns", columns.otherwise(F.array("subject_column"))).select(*SCHEMA.names)
            replace_rows(new, layout.table_map, {})
    return [f"{layout.relative(layout.table_map)}: several subject columns a table"]
