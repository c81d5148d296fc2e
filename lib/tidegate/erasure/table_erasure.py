"""Erase people from one table: find, delete, vacuum and search again, while no writer can commit to it."""

from dataclasses import dataclass

from pyspark.sql import functions as F

from tidegate.erasure.places import Chooser, Places
from tidegate.erasure.receipt import TableErased
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.create import table_exists
from tidegate.tables.purge import purge_deleted_rows
from tidegate.tables.read import current_version, read_table
from tidegate.tables.store import Store
from tidegate.tables.write import delete_rows

# A training dataset is built while its table's lock is held: the erasure waits for it, and says in the log for whom.
LONGEST_ERASURE_WAIT = 12 * 3600.0


@dataclass(frozen=True)
class Found:
    """Rows of people in one table, and the files that hold them."""

    rows: int
    files: int


def find_rows(store: Store, places: Places, choose: Chooser) -> Found:
    """Count the rows of the people in a table; one pass for all people."""
    path = store.layout.absolute(places.table.path)
    # At a version: its files are read without a replay of the log, which takes longer than most tables.
    rows = read_table(store.spark, path, current_version(store.spark, path)).withColumn("_file", F.col("_metadata.file_path"))
    counted = places.rows_of(rows, choose).agg(F.count(F.lit(1)).alias("rows"), F.count_distinct("_file").alias("files")).first()
    if counted is None:
        raise RuntimeError("an aggregate without grouping returned no row")
    return Found(counted["rows"], counted["files"])


def erase_from_table(store: Store, places: Places, choose: Chooser) -> tuple[TableErased, Found]:
    """Delete the people's rows and every file that may hold them; return the receipt's entry, and what was found before.

    The table's lock is held from the first look to the last: a writer that waits for it finds the people on the suppression list.

    Raises:
        TableBusyError: Another writer held the table for hours.
    """
    path = store.layout.absolute(places.table.path)
    with exclusive(store.spark, path, LONGEST_ERASURE_WAIT):
        if not table_exists(store.spark, path):
            # A training dataset that was refused while the erasure waited for its lock is gone, with all of its rows.
            return TableErased(places.table.path, places.table.kind, 0, 0, 0, 0, places.names), Found(0, 0)
        before = current_version(store.spark, path)
        found = find_rows(store, places, choose)
        if found.rows:
            # By the values that the table has, which equal themselves. Computed once: a MERGE reads its rows more than once.
            gone = places.rows_of(read_table(store.spark, path, before), choose)
            delete_rows(store.spark, path, places.keys_of(gone).localCheckpoint())
        # Also where nothing was found: an erasure that was killed before this left the old files.
        purge_deleted_rows(store.spark, path)
        remaining = find_rows(store, places, choose).rows
        after = current_version(store.spark, path)
    return TableErased(places.table.path, places.table.kind, before, after, found.rows, remaining, places.names), found


def searched_table(store: Store, places: Places, choose: Chooser) -> TableErased | None:
    """Search columns that nobody declared; return an entry of the receipt where a person is found there, else None."""
    found = find_rows(store, places, choose)
    if not found.rows:
        return None
    version = current_version(store.spark, store.layout.absolute(places.table.path))
    return TableErased(places.table.path, places.table.kind, version, version, 0, found.rows, places.names, declared=False)
