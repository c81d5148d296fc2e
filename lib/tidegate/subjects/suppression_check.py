"""What a writer of rows of people does about an erasure that runs at the same time.

An erasure first commits its people to the suppression list. Then it takes each table's lock, deletes their rows and vacuums. So
a writer that holds its table's lock, and finds nobody of its rows on the newest version of the list, may commit: an erasure that
commits to the list later has to wait for the lock, and finds the rows. Object stores and HDFS have no lock, so a writer looks
once more after its commit, and takes out the rows of people who were forgotten in between.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.subjects.suppression import SUPPRESSED, Suppression, current_suppression
from tidegate.subjects.table_map import subject_columns_of
from tidegate.tables.commit_lock import exclusive
from tidegate.tables.commit_note import Commit
from tidegate.tables.create import table_exists
from tidegate.tables.layout import Layout
from tidegate.tables.purge import purge_deleted_rows
from tidegate.tables.read import current_version, read_table, table_identity
from tidegate.tables.write import delete_matching

# The list's own id and its version; None where nobody was ever erased.
ListVersion = tuple[str, int] | None


@dataclass(frozen=True)
class PeopleInTexts:
    """How a table names people that holds rows of another table as text, such as a quarantine.

    Attributes:
        fields: Gives identifiers inside the text, each under a name that no column has. A function, since what is known of
            the other table's people can grow.
        key: The columns that name a row of the table.
    """

    fields: Callable[[], Mapping[str, Column]]
    key: tuple[str, ...]


@dataclass(frozen=True)
class SuppressionCheck:
    """The suppression list as one writer read it, and the table that the writer commits to.

    Attributes:
        spark: The session.
        layout: Where the store lies.
        path: The table.
        subjects: Columns of the table that name a person each.
        suppression: The erased subjects; None where there are none, or where no row of the table is of a person.
        version: The version of the list.
        texts: The table holds identifiers as text whose type was another one.
    """

    spark: SparkSession
    layout: Layout
    path: str
    subjects: tuple[str, ...]
    suppression: Suppression | None
    version: ListVersion
    texts: PeopleInTexts | None = None

    def renewed(self, rows: DataFrame) -> "SuppressionCheck | None":
        """Look at the list again before a commit, while you hold the table's lock.

        Args:
            rows: The rows that this check let through.

        Returns:
            The check by the list as it is now; None where that one refuses a row, so that the rows must be judged again.
        """
        if list_version(self.spark, self.layout) == self.version:
            return self
        newest = self._newest()
        return None if newest.count_suppressed(rows) else newest

    def mark(self, rows: DataFrame) -> DataFrame:
        """Add `_suppressed`: whether the row belongs to an erased subject. One row in, one row out."""
        named = [name for name in self.subjects if name in rows.columns]
        fields = dict(self.texts.fields()) if self.texts is not None else {}
        if self.suppression is None or not (named or fields):
            return rows.withColumn(SUPPRESSED, F.lit(False))
        read = rows.withColumns(fields) if fields else rows
        return self.suppression.mark(read, [*named, *fields], self.texts is not None).drop(*fields)

    def without_suppressed(self, rows: DataFrame) -> DataFrame:
        """Leave out the rows of erased subjects."""
        return rows if self.suppression is None else self.mark(rows).where(~F.col(SUPPRESSED)).drop(SUPPRESSED)

    def count_suppressed(self, rows: DataFrame) -> int:
        """Count the rows of erased subjects."""
        return 0 if self.suppression is None else self.mark(rows).where(SUPPRESSED).count()

    def outcomes_of_suppressed(self, rows: DataFrame, outcome: str) -> Counter[str]:
        """Count the rows of erased subjects by what a column says became of them; rows of which it says nothing don't count."""
        counted = self.mark(rows).where(SUPPRESSED).groupBy(outcome).count().collect()
        return Counter({row[outcome]: row["count"] for row in counted if row[outcome]})

    def remove_late_rows(self) -> "SuppressionCheck | None":
        """Look at the list again after a commit; return None where it is unchanged.

        Otherwise delete the rows of everybody who is on the list now, vacuum the table, and return the check by the new list.
        """
        if list_version(self.spark, self.layout) == self.version:
            return None
        newest = self._newest()
        if newest.suppression is None:
            return None
        with exclusive(self.spark, self.path):
            newest._delete_all()
            # Also where nothing is left to delete: refused commits left files that hold the rows.
            purge_deleted_rows(self.spark, self.path)
        return newest

    def remove_stored_rows(self) -> None:
        """Delete the rows of erased subjects that are in the table: one of the columns was not known to name people before."""
        if self.suppression is None:
            return
        with exclusive(self.spark, self.path):
            self._delete_all()
            # Also where nothing is left to delete: a driver that was killed before this left the old files.
            purge_deleted_rows(self.spark, self.path)

    def remove_rows_stored_meanwhile(self) -> None:
        """Do the same where a writer stored such rows after it was done, and nothing where none did."""
        if self.suppression is not None and any(not erased.isEmpty() for erased in self._erased()):
            self.remove_stored_rows()

    def _newest(self) -> "SuppressionCheck":
        return suppression_check(self.spark, self.layout, self.path, self.subjects, self.texts)

    def _delete_all(self) -> None:
        """Delete the rows of erased subjects."""
        for erased in self._erased():
            kept = erased.localCheckpoint()
            if not kept.isEmpty():
                delete_matching(self.spark, self.path, kept, commit=Commit(note={"removed": "erased people"}))

    def _erased(self) -> Iterator[DataFrame]:
        """Yield what names stored rows of erased subjects: their values in each column, or the key of the rows."""
        keys = [self.texts.key] if self.texts is not None else [(name,) for name in self.subjects]
        for columns in keys:
            # At a fixed version: a deletion reads these rows more than once.
            rows = read_table(self.spark, self.path, current_version(self.spark, self.path))
            values = rows.select(*columns).distinct() if self.texts is None else rows
            yield self.mark(values).where(SUPPRESSED).select(*columns).distinct()


def suppression_check(
    spark: SparkSession, layout: Layout, path: str, declared: Iterable[str], texts: PeopleInTexts | None = None
) -> SuppressionCheck:
    """Read the suppression list for a writer of a table.

    Args:
        spark: The session.
        layout: Where the store lies.
        path: The table, which the caller has entered into the map of subjects.
        declared: The subject columns by the writer's definition; those of the map are added.
        texts: The table holds identifiers as text whose type was another one, as a quarantine does.

    Raises:
        MissingSecretError: Somebody was erased, and the environment holds no key to recognise them.
        WrongSecretError: The environment's key is not the one that the list was made with.
    """
    # The version first: a list that grows in between then looks older than it is, and the writer reads it once more.
    version = list_version(spark, layout)
    if version is None:
        return SuppressionCheck(spark, layout, path, tuple(declared), None, None, texts)
    subjects = subject_columns_of(spark, layout, path, declared)
    suppression = current_suppression(spark, layout) if subjects or (texts is not None and texts.fields()) else None
    return SuppressionCheck(spark, layout, path, subjects, suppression, version, texts)


def list_version(spark: SparkSession, layout: Layout) -> ListVersion:
    """Return the newest version of the suppression list; None where nobody was ever erased."""
    return table_identity(spark, layout.suppression) if table_exists(spark, layout.suppression) else None
