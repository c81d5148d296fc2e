"""The quarantine tables: one a feature group or source, each with the rows that were held back from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.moments import moment_column
from tidegate.quarantine.arrivals import ARRIVED_AT, QUARANTINED_AT, add_arrivals, with_arrivals
from tidegate.subjects.suppression_check import PeopleInTexts, SuppressionCheck, suppression_check
from tidegate.subjects.table_map import QUARANTINE, MappedTable, map_tables, subject_columns_of
from tidegate.tables.commit_lock import exclusive
from tidegate.tables.commit_note import Commit
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.layout import Layout
from tidegate.tables.protect import protect_columns
from tidegate.tables.read import read_table
from tidegate.tables.write import append_rows, delete_matching

# Where a row stood: a column of rows on their way, so that a message or a quarantine can say it.
ORIGIN = "_origin"
ORIGIN_TYPE = T.StructType(
    [T.StructField("source", T.StringType()), T.StructField("file", T.StringType()), T.StructField("line", T.LongType())]
)

ID, ROW, CELLS, REASONS, SUBJECT, OCCURRENCES = "id", "row", "cells", "reasons", "subject", "occurrences"
SCHEMA = T.StructType(
    [
        T.StructField(ID, T.StringType()),
        T.StructField(OCCURRENCES, T.LongType()),
        T.StructField(ROW, T.StringType()),
        T.StructField(CELLS, T.MapType(T.StringType(), T.StringType())),
        T.StructField(REASONS, T.ArrayType(T.StringType())),
        T.StructField("batch", T.StringType()),
        *ORIGIN_TYPE.fields,
        T.StructField(SUBJECT, T.StringType()),
        T.StructField(QUARANTINED_AT, T.TimestampType()),
        T.StructField(ARRIVED_AT, T.TimestampType()),
    ]
)
PERSONAL = (ROW, CELLS, SUBJECT)
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

    @property
    def personal_entry(self) -> MappedTable:
        """Its entry in the map of subjects, where its rows are of natural persons."""
        return MappedTable(self.layout.relative(self.path), QUARANTINE, (SUBJECT,))

    def rows(self) -> DataFrame:
        """Return what is held back; no row where nothing ever was."""
        if not table_exists(self.spark, self.path):
            return self.spark.createDataFrame([], SCHEMA)
        return with_arrivals(read_table(self.spark, self.path))

    def add(self, held: DataFrame, batch: str | None, moment: datetime, arrived_at: datetime | None) -> int:
        """Hold rows back. Rows that are there are not added again; identical rows of one place are one row with their number.

        Args:
            held: Columns row, cells, reasons, source, file, line and subject.
            batch: Id of their batch.
            moment: When they are held back.
            arrived_at: When their batch arrived; None where it didn't say, as a load of history doesn't.

        Returns:
            How many of the rows were not kept because they are of erased people.
        """
        # Views can show that a group holds persons whose definition names none.
        personal = self.personal or bool(subject_columns_of(self.spark, self.layout, self.path))
        entry = MappedTable(self.layout.relative(self.path), QUARANTINE, (SUBJECT,) if personal else ())
        map_tables(self.spark, self.layout, [entry])
        create_table(self.spark, self.path, TableShape(SCHEMA, PERSONAL if personal else ()))
        arrival = F.lit(None) if arrived_at is None else moment_column(arrived_at)
        with exclusive(self.spark, self.path):
            add_arrivals(self.spark, self.path)
            check = self._check((SUBJECT,) if personal else ())
            counted = (
                check.without_suppressed(held)
                .withColumn(ID, _identity())
                .groupBy(ID)
                .agg(F.count(F.lit(1)).alias(OCCURRENCES), *[F.first(name).alias(name) for name in _HELD])
            )
            new = counted.join(self.rows().select(ID), on=ID, how="left_anti").withColumns(
                {
                    "batch": F.lit(batch).cast("string"),
                    QUARANTINED_AT: moment_column(moment),
                    ARRIVED_AT: arrival.cast("timestamp"),
                }
            )
            append_rows(new.select(*SCHEMA.names).coalesce(1), self.path, Commit(note={"held back": self.name}))
            return (check.remove_late_rows() or check).count_suppressed(held)

    def remove_files(self, names: Sequence[str]) -> None:
        """Remove the rows of these files: they are loaded again."""
        if table_exists(self.spark, self.path):
            files = self.spark.createDataFrame([(name,) for name in names], "file string")
            delete_matching(self.spark, self.path, files, commit=Commit(note={"loaded again": len(names)}))

    def _check(self, declared: Sequence[str], further: Sequence[str] = ()) -> SuppressionCheck:
        texts = PeopleInTexts(partial(self._fields_of_people, further), (ID,))
        return suppression_check(self.spark, self.layout, self.path, declared, texts)

    def _fields_of_people(self, further: Sequence[str]) -> dict[str, Column]:
        """Return the fields of a feature group's rows that name people; a row can have more than the one in `subject`."""
        names = subject_columns_of(self.spark, self.layout, self.layout.feature_group(self.name), further)
        return {f"_named_in_{place}": held_field(name) for place, name in enumerate(names)}

    def protect(self, columns: Sequence[str]) -> None:
        """Treat the rows, also those that are held already, as those of natural persons; remove those of erased people.

        Args:
            columns: The columns of the feature group that name people, as is only known now.
        """
        if table_exists(self.spark, self.path):
            with exclusive(self.spark, self.path):
                protect_columns(self.spark, self.path, PERSONAL)
                self._check((SUBJECT,), columns).remove_stored_rows()
        map_tables(self.spark, self.layout, [self.personal_entry])

    def remove_suppressed(self) -> None:
        """Remove the rows of erased people that were held back before their columns were known to name people."""
        if table_exists(self.spark, self.path):
            self._check((SUBJECT,)).remove_rows_stored_meanwhile()

    def remove(self, ids: DataFrame) -> None:
        """Remove the rows of these ids (a frame of one column): they were let in."""
        delete_matching(self.spark, self.path, ids.toDF(ID), commit=Commit(note={"requeued": self.name}))


def held_field(name: str) -> Column:
    """Return a field of the rows that are held back from a feature group, as text."""
    return F.get_json_object(ROW, "$['" + name.replace("'", "\\'") + "']")


def origin(source: Column, file: Column, line: Column) -> Column:
    """Return the `_origin` of a row."""
    return F.struct(source.alias("source"), file.alias("file"), line.cast("bigint").alias("line"))


def _identity() -> Column:
    """What tells a held row from others: its text and its place."""
    parts = [F.coalesce(F.col(name).cast("string"), F.lit("\x00")) for name in (ROW, "source", "file", "line")]
    return F.sha2(F.concat_ws("\x1f", *parts, F.to_json(CELLS)), 256)
