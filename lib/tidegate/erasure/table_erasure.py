"""Erase people from one table: find their rows, delete them, vacuum, and search again, while no writer can commit."""

from dataclasses import dataclass

from pyspark.sql import DataFrame

from tidegate.erasure.personal_places import Chooser, Places
from tidegate.erasure.receipt import TableErased
from tidegate.schema import quoted
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.row_places import FILE, with_file
from tidegate.tables.create import table_exists
from tidegate.tables.delete_found import delete_found, rows_by_file
from tidegate.tables.purge import purge_deleted_rows
from tidegate.tables.read import current_version, read_newest
from tidegate.tables.store import Store

# In seconds. A job holds a training dataset's lock while it builds the dataset. The erasure waits and logs for whom it waits.
LONGEST_ERASURE_WAIT = 12 * 3600.0


@dataclass(frozen=True)
class Found:
    """How many rows of one table name the people, and how many data files contain these rows."""

    rows: int
    files: int


def find_rows(store: Store, places: Places, choose: Chooser) -> Found:
    """Count the rows that name the people, in one pass over the table for all people."""
    counts = rows_by_file(_chosen(store, places, choose))
    return Found(sum(counts.values()), len(counts))


def _chosen(store: Store, places: Places, choose: Chooser) -> DataFrame:
    """Return the rows of the newest version that name the people, with the file of each row."""
    path = store.layout.absolute(places.table.path)
    # Reading a fixed version avoids a replay of the Delta log, which takes longer than reading most tables.
    return places.rows_of(with_file(read_newest(store.spark, path)), choose)


def erase_from_table(store: Store, places: Places, choose: Chooser) -> tuple[TableErased, Found]:
    """Delete the people's rows and every file that may contain them.

    The erasure holds the table's lock from the first search to the last. A writer that waits for the lock then finds the people
    on the suppression list.

    Returns:
        The table's entry for the receipt, and what was found before the deletion.

    Raises:
        TableBusyError: Another writer held the table's lock for twelve hours.
    """
    path = store.layout.absolute(places.table.path)
    with exclusive(store.spark, path, LONGEST_ERASURE_WAIT):
        if not table_exists(store.spark, path):
            # While the erasure waited for the lock, a training dataset was refused and removed with all of its rows.
            return TableErased(places.table.path, places.table.kind, 0, 0, 0, 0, places.names), Found(0, 0)
        before = current_version(store.spark, path)
        # The checkpoint computes the rows once: they are counted, and then deleted.
        chosen = _chosen(store, places, choose).select(FILE, *map(quoted, places.keys)).localCheckpoint()
        counts = rows_by_file(chosen)
        found = Found(sum(counts.values()), len(counts))
        if found.rows:
            delete_found(store.spark, path, chosen, counts)
        # Even if nothing was found: an erasure that was killed at this point has left the old files.
        purge_deleted_rows(store.spark, path)
        remaining = find_rows(store, places, choose).rows
        after = current_version(store.spark, path)
    return TableErased(places.table.path, places.table.kind, before, after, found.rows, remaining, places.names), found


def searched_table(store: Store, places: Places, choose: Chooser) -> TableErased | None:
    """Search undeclared places without deleting anything; return an entry for the receipt if a person is found, else None."""
    found = find_rows(store, places, choose)
    if not found.rows:
        return None
    version = current_version(store.spark, store.layout.absolute(places.table.path))
    return TableErased(places.table.path, places.table.kind, version, version, 0, found.rows, places.names, declared=False)
