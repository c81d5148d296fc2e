"""Tables of which only now is known that some of their columns name people."""

from collections.abc import Sequence

from tidegate.subjects.suppression_check import SuppressionCheck, suppression_check
from tidegate.subjects.table_map import MappedTable, map_tables
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.create import table_exists
from tidegate.tables.protect import protect_columns
from tidegate.tables.store import Store


def enter_known_late(store: Store, table: MappedTable, partitioned_by: Sequence[str] = ()) -> None:
    """Protect the columns, remove the rows of people who were forgotten before, and enter the table into the map of subjects.

    The entry comes last, since it says that this is done: a driver that is killed before it does everything again.

    Args:
        store: The store.
        table: The table with the columns that name people; a table that was never written is entered only.
        partitioned_by: Its partition columns.

    Raises:
        MissingSecretError, WrongSecretError: Somebody was erased, and the environment has no key to recognise them, or another.
    """
    path = store.layout.absolute(table.path)
    if not table_exists(store.spark, path):
        map_tables(store, [table])
        return

    def check() -> SuppressionCheck:
        return suppression_check(store, path, table.subject_columns)

    with exclusive(store.spark, path):
        protect_columns(store.spark, path, table.subject_columns, partitioned_by)
        check().remove_stored_rows()
        map_tables(store, [table])
    # Where no lock holds, a writer that knew nothing of these columns may have committed in between.
    if check().has_stored_rows():
        check().remove_stored_rows()
