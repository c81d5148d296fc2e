"""How a writer keeps out the rows of erased people while an erasure may run at the same time.

An erasure first commits its people to the suppression list. Then it takes the lock of each table, deletes the people's rows and
vacuums the table. A writer holds the lock of its table and compares its rows with the newest version of the list. If the list
names nobody of these rows, the writer may commit: an erasure that commits to the list later has to wait for the lock, and then
finds the rows. Object stores and HDFS have no lock. There, the writer reads the list once more after its commit and deletes the
rows of people who were erased in between.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.subjects.suppression import SUPPRESSED, Suppression, current_suppression
from tidegate.subjects.table_map import subject_columns_of
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.commit_metadata import NOTHING_CHANGED, Commit
from tidegate.tables.create import table_exists
from tidegate.tables.purge import purge_deleted_rows
from tidegate.tables.read import read_newest, table_identity
from tidegate.tables.store import Store
from tidegate.tables.write import delete_matching

# The Delta id and the version of the suppression list; None if nobody was ever erased.
ListVersion = tuple[str, int] | None


@dataclass(frozen=True)
class PeopleInTexts:
    """Where a table that holds rows of another table as text, such as a quarantine, names people.

    Attributes:
        fields: Returns the expressions that read identifiers out of the text, each under a name that no column has. It is a
            function because more columns of the other table can become known to name people.
        key: The columns that identify a row of the table.
    """

    fields: Callable[[], Mapping[str, Column]]
    key: tuple[str, ...]


@dataclass(frozen=True)
class SuppressionCheck:
    """The suppression list as one writer read it, and the table that the writer commits to.

    Attributes:
        store: The store.
        path: The table.
        subjects: The columns of the table that name people.
        suppression: The erased people; None if nobody was erased, or if the table names no people.
        version: The version of the list.
        texts: Where the table names people inside text; None if it doesn't hold rows of another table as text.
    """

    store: Store
    path: str
    subjects: tuple[str, ...]
    suppression: Suppression | None
    version: ListVersion
    texts: PeopleInTexts | None = None

    def renewed(self, rows: DataFrame) -> "SuppressionCheck | None":
        """Read the list again before a commit. The caller holds the table's lock.

        Args:
            rows: The rows that this check accepted.

        Returns:
            The check with the newest version of the list; None if that version names a person of these rows. The caller must
            then validate the batch again.
        """
        if list_version(self.store) == self.version:
            return self
        newest = self._newest()
        return None if newest.count_suppressed(rows) else newest

    def mark(self, rows: DataFrame) -> DataFrame:
        """Add the boolean column `_suppressed`: whether the row names an erased person. The number of rows stays the same."""
        named = [name for name in self.subjects if name in rows.columns]
        fields = dict(self.texts.fields()) if self.texts is not None else {}
        if self.suppression is None or not (named or fields):
            return rows.withColumn(SUPPRESSED, F.lit(False))
        read = rows.withColumns(fields) if fields else rows
        return self.suppression.mark(read, [*named, *fields], self.texts is not None).drop(*fields)

    def without_suppressed(self, rows: DataFrame) -> DataFrame:
        """Return the rows that name no erased person."""
        return rows if self.suppression is None else self.mark(rows).where(~F.col(SUPPRESSED)).drop(SUPPRESSED)

    def count_suppressed(self, rows: DataFrame) -> int:
        """Count the rows that name an erased person."""
        return 0 if self.suppression is None else self.mark(rows).where(SUPPRESSED).count()

    def effects_on_suppressed(self, rows: DataFrame, effect: str) -> Counter[str]:
        """Count the rows of erased people by effect.

        Args:
            rows: The rows.
            effect: The column that holds what the write did with each row; rows where it is NULL are not counted.
        """
        counted = self.mark(rows).where(SUPPRESSED).groupBy(effect).count().collect()
        return Counter({row[effect]: row["count"] for row in counted if row[effect]})

    def remove_late_rows(self) -> "SuppressionCheck | None":
        """Read the list again after a commit; if it changed, delete the stored rows of everybody on it and vacuum the table.

        Returns:
            The check with the newest version of the list. None if the list did not change, or if nobody on it can be in this
            table; nothing is deleted then.
        """
        if list_version(self.store) == self.version:
            return None
        newest = self._newest()
        if newest.suppression is None:
            return None
        with exclusive(self.store.spark, self.path):
            newest._delete_all()
            # Even if there was nothing to delete: commits that were refused have left files that hold the rows.
            purge_deleted_rows(self.store.spark, self.path)
        return newest

    def remove_stored_rows(self) -> None:
        """Delete the stored rows of erased people and vacuum the table.

        Such rows exist if one of the columns became known to name people only after the rows were written.
        """
        if self.suppression is None:
            return
        with exclusive(self.store.spark, self.path):
            self._delete_all()
            # Even if there was nothing to delete: a driver that was killed at this point has left the old files.
            purge_deleted_rows(self.store.spark, self.path)

    def remove_rows_stored_meanwhile(self) -> None:
        """Delete rows of erased people that a writer stored after `remove_stored_rows`. Without such rows, nothing is done."""
        if self.suppression is not None and any(not erased.isEmpty() for erased in self._erased()):
            self.remove_stored_rows()

    def _newest(self) -> "SuppressionCheck":
        return suppression_check(self.store, self.path, self.subjects, self.texts)

    def _delete_all(self) -> None:
        """Delete the stored rows of erased people, without vacuuming."""
        for erased in self._erased():
            kept = erased.localCheckpoint()
            if not kept.isEmpty():
                delete_matching(
                    self.store.spark, self.path, kept, commit=Commit(note={**NOTHING_CHANGED, "removed": "erased people"})
                )

    def _erased(self) -> Iterator[DataFrame]:
        """Yield frames that identify the stored rows of erased people.

        There is one frame of values for each subject column, or one frame of row keys if the table names people inside text.
        """
        keys = [self.texts.key] if self.texts is not None else [(name,) for name in self.subjects]
        for columns in keys:
            # A fixed version, because a deletion reads these rows more than once.
            rows = read_newest(self.store.spark, self.path)
            values = rows.select(*columns).distinct() if self.texts is None else rows
            yield self.mark(values).where(SUPPRESSED).select(*columns).distinct()


def suppression_check(store: Store, path: str, declared: Iterable[str], texts: PeopleInTexts | None = None) -> SuppressionCheck:
    """Read the suppression list for a writer of a table.

    Args:
        store: The store.
        path: The table. The caller has already entered it into the map of subjects.
        declared: The subject columns of the writer's definition. The columns that the map knows are added.
        texts: Where the table names people inside text, if it holds rows of another table as text.

    Raises:
        MissingSecretError: Somebody was erased, and the environment has no key to recognise the person.
        WrongSecretError: The environment's key is not the one that the list was made with.
    """
    # Read the version first. If the list grows in between, it looks older than it is, and the writer reads it once more.
    version = list_version(store)
    if version is None:
        return SuppressionCheck(store, path, tuple(declared), None, None, texts)
    subjects = subject_columns_of(store, path, declared)
    suppression = current_suppression(store) if subjects or (texts is not None and texts.fields()) else None
    return SuppressionCheck(store, path, subjects, suppression, version, texts)


def list_version(store: Store) -> ListVersion:
    """Return the Delta id and the newest version of the suppression list; None if nobody was ever erased."""
    return table_identity(store.spark, store.layout.suppression) if table_exists(store.spark, store.layout.suppression) else None
