"""What an erasure would remove, table by table."""

from dataclasses import dataclass
from functools import reduce
from operator import or_

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.erasure.subjects_file import SUBJECT
from tidegate.errors import UnmappedTableError
from tidegate.schema import quoted
from tidegate.subjects.table_map import MappedTable, mapped_tables
from tidegate.subjects.under_root import tables_under_root
from tidegate.tables.create import table_exists
from tidegate.tables.layout import Layout
from tidegate.tables.read import read_table


@dataclass(frozen=True)
class TableImpact:
    """Rows and files of one table that hold the subjects."""

    table: MappedTable
    rows: int
    files: int


def personal_tables(spark: SparkSession, layout: Layout) -> list[MappedTable]:
    """Return the mapped tables that name a subject and exist.

    Raises:
        UnmappedTableError: A Delta table lies under the root that the map doesn't know: a person could stay in it.
    """
    foreign = tables_under_root(spark, layout).foreign
    if foreign:
        raise UnmappedTableError(foreign)
    return [
        table
        for table in mapped_tables(spark, layout)
        if table.subject_columns and table_exists(spark, layout.absolute(table.path))
    ]


def table_impact(spark: SparkSession, layout: Layout, table: MappedTable, subjects: DataFrame) -> TableImpact:
    """Count the subjects' rows in a table, and the files that hold them; one pass for all subjects."""
    rows = read_table(spark, layout.absolute(table.path)).withColumn("_file", F.col("_metadata.file_path"))
    # Under a name of its own: a column of the table may be called the same.
    searched = subjects.select(F.col(SUBJECT).alias("_searched"))
    matches = reduce(or_, [F.col(quoted(column)) == F.col("_searched") for column in table.subject_columns])
    counted = rows.join(F.broadcast(searched), on=matches, how="left_semi").agg(
        F.count(F.lit(1)).alias("rows"), F.count_distinct("_file").alias("files")
    )
    found = counted.first()
    if found is None:
        raise RuntimeError("an aggregate without grouping returned no row")
    return TableImpact(table, found["rows"], found["files"])
