"""The quarantine tables: one for each feature group or source, with the rows that were held back from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.moments import moment_column
from tidegate.quarantine.arrivals import ARRIVED_AT, QUARANTINED_AT, add_arrivals, with_arrivals
from tidegate.subjects.suppression_check import PeopleInTexts, SuppressionCheck, suppression_check
from tidegate.subjects.table_map import QUARANTINE, MappedTable, map_tables, subject_columns_of
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.protect import protect_columns
from tidegate.tables.read import read_table
from tidegate.tables.store import Store
from tidegate.tables.write import append_rows, delete_matching

# The place from which a row was read: source, file and line. Rows carry this column until they are written, so that messages and
# the quarantine can show it.
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
        store: The store.
        name: Full name of the feature group, or name of the source.
        personal: Whether its rows are data of natural persons. Then the map of subjects contains its column `subject`.
    """

    store: Store
    name: str
    personal: bool

    @property
    def path(self) -> str:
        """The path of the table."""
        return self.store.layout.quarantine(self.name)

    @property
    def personal_entry(self) -> MappedTable:
        """The entry of the table in the map of subjects, if its rows are data of natural persons."""
        return MappedTable(self.store.layout.relative(self.path), QUARANTINE, (SUBJECT,))

    def rows(self) -> DataFrame:
        """Return the quarantined rows; an empty frame if there never were any."""
        if not table_exists(self.store.spark, self.path):
            return self.store.spark.createDataFrame([], SCHEMA)
        return with_arrivals(read_table(self.store.spark, self.path))

    def add(self, held: DataFrame, batch: str | None, moment: datetime, arrived_at: datetime | None) -> int:
        """Add rows to the quarantine.

        Rows that are already there are not added again. Identical rows of the same place are stored as one row with their number.

        Args:
            held: Rows with the columns row, cells, reasons, source, file, line and subject.
            batch: Id of their batch; None if it has none.
            moment: When they are quarantined.
            arrived_at: When their batch arrived; None if that is not known, as for a load of history.

        Returns:
            The number of rows that were left out because they are data of erased people.
        """
        # A view can show that a group has columns with persons, although its definition declares none.
        personal = self.personal or bool(subject_columns_of(self.store, self.path))
        entry = MappedTable(self.store.layout.relative(self.path), QUARANTINE, (SUBJECT,) if personal else ())
        map_tables(self.store, [entry])
        create_table(self.store.spark, self.path, TableShape(SCHEMA, PERSONAL if personal else ()))
        arrival = F.lit(None) if arrived_at is None else moment_column(arrived_at)
        with exclusive(self.store.spark, self.path):
            add_arrivals(self.store.spark, self.path)
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
        """Delete the rows of these files, because the files are loaded again."""
        if table_exists(self.store.spark, self.path):
            files = self.store.spark.createDataFrame([(name,) for name in names], "file string")
            delete_matching(self.store.spark, self.path, files, commit=Commit(note={"loaded again": len(names)}))

    def _check(self, declared: Sequence[str], further: Sequence[str] = ()) -> SuppressionCheck:
        texts = PeopleInTexts(partial(self._fields_of_people, further), (ID,))
        return suppression_check(self.store, self.path, declared, texts)

    def _fields_of_people(self, further: Sequence[str]) -> dict[str, Column]:
        """Return the fields of a feature group's rows that name people. A row can have other people than the one in `subject`."""
        names = subject_columns_of(self.store, self.store.layout.feature_group(self.name), further)
        return {f"_named_in_{place}": held_field(name) for place, name in enumerate(names)}

    def protect(self, columns: Sequence[str]) -> None:
        """Treat all rows, also those that are already stored, as data of natural persons, and remove those of erased people.

        Args:
            columns: The columns of the feature group that are now known to name people.
        """
        if table_exists(self.store.spark, self.path):
            with exclusive(self.store.spark, self.path):
                protect_columns(self.store.spark, self.path, PERSONAL)
                self._check((SUBJECT,), columns).remove_stored_rows()
        map_tables(self.store, [self.personal_entry])

    def remove_suppressed(self) -> None:
        """Remove rows of erased people that were quarantined before their columns were known to name people."""
        if table_exists(self.store.spark, self.path):
            self._check((SUBJECT,)).remove_rows_stored_meanwhile()

    def remove(self, ids: DataFrame) -> None:
        """Delete the rows of these ids (a frame of one column), because they were released."""
        delete_matching(self.store.spark, self.path, ids.toDF(ID), commit=Commit(note={"requeued": self.name}))


def held_field(name: str) -> Column:
    """Return a field of the quarantined rows of a feature group, as text."""
    return F.get_json_object(ROW, "$['" + name.replace("'", "\\'") + "']")


def origin(source: Column, file: Column, line: Column) -> Column:
    """Return the column `_origin`, made of source, file and line."""
    return F.struct(source.alias("source"), file.alias("file"), line.cast("bigint").alias("line"))


def _identity() -> Column:
    """Return the id of a quarantined row: a hash of its text and its place."""
    parts = [F.coalesce(F.col(name).cast("string"), F.lit("\x00")) for name in (ROW, "source", "file", "line")]
    return F.sha2(F.concat_ws("\x1f", *parts, F.to_json(CELLS)), 256)
