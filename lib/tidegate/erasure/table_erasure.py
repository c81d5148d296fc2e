"""Erase people from one table: find their rows, delete them, vacuum, and search again, while no writer can commit."""

from dataclasses import dataclass

from pyspark.sql import functions as F

from tidegate.erasure.personal_places import Chooser, Places
from tidegate.erasure.receipt import TableErased
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.create import table_exists
from tidegate.tables.purge import purge_deleted_rows
from tidegate.tables.read import current_version, read_table
from tidegate.tables.store import Store
from tidegate.tables.write import delete_rows

# In seconds. A job holds a training dataset's lock while it builds the dataset. The erasure waits and logs for whom it waits.
LONGEST_ERASURE_WAIT = 12 * 3600.0


@dataclass(frozen=True)
class Found:
    """How many rows of one table name the people, and how many data files contain these rows."""

    rows: int
    files: int


def find_rows(store: Store, places: Places, choose: Chooser) -> Found:
    """Count the rows that name the people, in one pass over the table for all people."""
    path = store.layout.absolute(places.table.path)
    # Reading a fixed version avoids a replay of the Delta log, which takes longer than reading most tables.
    rows = read_table(store.spark, path, current_version(store.spark, path)).withColumn("_file", F.col("_metadata.file_path"))
    counted = places.rows_of(rows, choose).agg(F.count(F.lit(1)).alias("rows"), F.count_distinct("_file").alias("files")).first()
    if counted is None:
        raise RuntimeError("an aggregate without grouping returned no row")
    return Found(counted["rows"], counted["files"])


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
        found = find_rows(store, places, choose)
        if found.rows:
            # The deletion compares the table's own values, so no conversion can change them. The checkpoint computes them once,
            # because a MERGE reads its rows more than once.
            gone = places.rows_of(read_table(store.spark, path, before), choose)
            delete_rows(store.spark, path, places.keys_of(gone).localCheckpoint())
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
