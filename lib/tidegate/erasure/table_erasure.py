"""Erase people from one table: find their rows, delete them, vacuum, and search again, while no writer can commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.erasure.personal_places import Chooser, Places
from tidegate.erasure.receipt import TableErased
from tidegate.schema import quoted
from tidegate.tables.checkpoint import checkpointed
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.row_places import FILE, with_file
from tidegate.tables.create import table_exists
from tidegate.tables.delete_found import delete_found, rows_by_file
from tidegate.tables.purge import purge_deleted_rows
from tidegate.tables.read import current_version, read_newest
from tidegate.tables.store import Store

# In seconds. A job holds a training dataset's lock while it builds the dataset. The erasure waits and logs for whom it waits.
LONGEST_ERASURE_WAIT = 12 * 3600.0
# The number of a place among those that are searched together.
_NUMBER = "_place_number"


@dataclass(frozen=True)
class Found:
    """How many rows of one table name the people, and how many data files contain these rows."""

    rows: int
    files: int


def find_rows(store: Store, places: Sequence[Places], choose: Chooser) -> list[Found]:
    """Count the rows that name the people, in one Spark job for all places and all people.

    Returns:
        What was found in each of the places, in their order.
    """
    if not places:
        return []
    chosen = [_chosen(store, each, choose).select(F.lit(number).alias(_NUMBER), FILE) for number, each in enumerate(places)]
    # The driver gets a row for each file that contains a found row, never more than the logs list.
    counted = reduce(DataFrame.unionAll, chosen).groupBy(_NUMBER, FILE).agg(F.count(F.lit(1)).alias("rows")).collect()
    rows = [[row["rows"] for row in counted if row[_NUMBER] == number] for number in range(len(places))]
    return [Found(sum(each), len(each)) for each in rows]


def _chosen(store: Store, places: Places, choose: Chooser) -> DataFrame:
    """Return the rows of the newest version that name the people, with the file of each row."""
    path = store.layout.absolute(places.table.path)
    # Reading a fixed version avoids a replay of the Delta log, which takes longer than reading most tables.
    return places.rows_of(with_file(read_newest(store.spark, path)), choose)


def erase_from_table(store: Store, places: Places, choose: Chooser, expected: bool = True) -> tuple[TableErased, Found]:
    """Delete the people's rows and every file that may contain them.

    The erasure holds the table's lock from the first search to the last. A writer that waits for the lock then finds the people
    on the suppression list.

    Args:
        store: The store.
        places: The table, and where it names people.
        choose: Selects the rows of the people to erase.
        expected: False if an earlier search found nobody in the table. Then it is searched only once, after VACUUM.

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
        found = _delete_people(store, places, choose) if expected else Found(0, 0)
        # Even if nothing was found: an erasure that was killed at this point has left the old files.
        purge_deleted_rows(store.spark, path)
        [remaining] = find_rows(store, [places], choose)
        if remaining.rows and not expected:
            # A writer has added rows since the earlier search.
            return erase_from_table(store, places, choose)
        after = current_version(store.spark, path)
    erased = TableErased(places.table.path, places.table.kind, before, after, found.rows, remaining.rows, places.names)
    return erased, found


def _delete_people(store: Store, places: Places, choose: Chooser) -> Found:
    """Delete the people's rows from a table whose lock the caller holds; return what was found."""
    # The rows are computed once: they are counted, and then deleted.
    chosen = checkpointed(_chosen(store, places, choose).select(FILE, *map(quoted, places.keys)))
    counts = rows_by_file(chosen)
    found = Found(sum(counts.values()), len(counts))
    if found.rows:
        delete_found(store.spark, store.layout.absolute(places.table.path), chosen, counts)
    return found


def searched_tables(store: Store, places: Sequence[Places], choose: Chooser) -> list[TableErased]:
    """Search undeclared places without deleting anything; return an entry for the receipt for each in which a person is found."""
    found = zip(places, find_rows(store, places, choose), strict=True)
    return [_left(store, each, in_place.rows) for each, in_place in found if in_place.rows]


def _left(store: Store, places: Places, rows: int) -> TableErased:
    version = current_version(store.spark, store.layout.absolute(places.table.path))
    return TableErased(places.table.path, places.table.kind, version, version, 0, rows, places.names, declared=False)
