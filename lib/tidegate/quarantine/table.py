"""The quarantine tables: one a feature group or source, each with the rows that were held back from it."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.moments import moment_column
from tidegate.subjects.suppression_check import suppression_check
from tidegate.subjects.table_map import MappedTable, map_tables
from tidegate.tables.commit_lock import exclusive
from tidegate.tables.commit_note import Commit
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.layout import Layout
from tidegate.tables.read import read_table
from tidegate.tables.write import append_rows, delete_matching

# Where a row stood: a column of rows on their way, so that a message or a quarantine can say it.
ORIGIN = "_origin"
ORIGIN_TYPE = T.StructType(
    [T.StructField("source", T.StringType()), T.StructField("file", T.StringType()), T.StructField("line", T.LongType())]
)

ID, ROW, CELLS, REASONS, SUBJECT = "id", "row", "cells", "reasons", "subject"
SCHEMA = T.StructType(
    [
        T.StructField(ID, T.StringType()),
        T.StructField("occurrences", T.LongType()),
        T.StructField(ROW, T.StringType()),
        T.StructField(CELLS, T.MapType(T.StringType(), T.StringType())),
        T.StructField(REASONS, T.ArrayType(T.StringType())),
        T.StructField("batch", T.StringType()),
        *ORIGIN_TYPE.fields,
        T.StructField(SUBJECT, T.StringType()),
        T.StructField("quarantined_at", T.TimestampType()),
    ]
)
_PERSONAL = (ROW, CELLS, SUBJECT)
_HELD = (ROW, CELLS, REASONS, "source", "file", "line", SUBJECT)


@dataclass(frozen=True)
class Quarantine:
    """The quarantine of one feature group or source.

    Attributes:
        spark: The session.
        layout: Where the store lies.
        name: Full name of the feature group, or name of the source.
        personal: Whether its rows are of natural persons: then the table stands in the map of subjects with theirs.
    """

    spark: SparkSession
    layout: Layout
    name: str
    personal: bool

    @property
    def path(self) -> str:
        """The table."""
        return self.layout.quarantine(self.name)

    def rows(self) -> DataFrame:
        """Return what is held back; no row where nothing ever was."""
        if not table_exists(self.spark, self.path):
            return self.spark.createDataFrame([], SCHEMA)
        return read_table(self.spark, self.path)

    def add(self, held: DataFrame, batch: str | None, moment: datetime) -> int:
        """Hold rows back: columns row, cells, reasons, source, file, line and subject. Rows that are there are not added again.

        Identical rows of one place stand once, with their number.

        Returns:
            How many of the rows were not kept because they are of erased people.
        """
        entry = MappedTable(self.layout.relative(self.path), "quarantine", (SUBJECT,) if self.personal else ())
        map_tables(self.spark, self.layout, [entry])
        create_table(self.spark, self.path, TableShape(SCHEMA, _PERSONAL if self.personal else ()))
        with exclusive(self.spark, self.path):
            check = suppression_check(self.spark, self.layout, self.path, (SUBJECT,) if self.personal else ())
            counted = (
                check.without_suppressed(held)
                .withColumn(ID, _identity())
                .groupBy(ID)
                .agg(F.count(F.lit(1)).alias("occurrences"), *[F.first(name).alias(name) for name in _HELD])
            )
            new = counted.join(self.rows().select(ID), on=ID, how="left_anti").withColumns(
                {"batch": F.lit(batch).cast("string"), "quarantined_at": moment_column(moment)}
            )
            append_rows(new.select(*SCHEMA.names).coalesce(1), self.path, Commit(note={"held back": self.name}))
            return (check.remove_late_rows() or check).count_suppressed(held)

    def remove(self, ids: DataFrame) -> None:
        """Remove the rows of these ids (a one-column frame `id`): they were let in."""
        delete_matching(self.spark, self.path, ids, commit=Commit(note={"requeued": self.name}))


def origin(source: Column, file: Column, line: Column) -> Column:
    """Return the `_origin` of a row."""
    return F.struct(source.alias("source"), file.alias("file"), line.cast("bigint").alias("line"))


def _identity() -> Column:
    """What tells a held row from others: its text and its place."""
    parts = [F.coalesce(F.col(name).cast("string"), F.lit("\x00")) for name in (ROW, "source", "file", "line")]
    return F.sha2(F.concat_ws("\x1f", *parts, F.to_json(CELLS)), 256)
