"""Handle a table whose columns become known to name people only after rows were written to it."""

from collections.abc import Sequence

from tidegate.subjects.suppression_check import suppression_check
from tidegate.subjects.table_map import MappedTable, map_tables
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.create import table_exists
from tidegate.tables.protect import protect_columns
from tidegate.tables.store import Store


def enter_known_late(store: Store, table: MappedTable, partitioned_by: Sequence[str] = ()) -> None:
    """Protect the columns, delete the rows of people who were erased earlier, and enter the table into the map of subjects.

    The entry is written last, because it means that the other steps are done. If the driver is killed before that, the next run
    does every step again.

    Args:
        store: The store.
        table: The table and its columns that name people. A table that does not exist yet is only entered.
        partitioned_by: The partition columns of the table.

    Raises:
        MissingSecretError: Somebody was erased, and the environment has no key to recognise the person.
        WrongSecretError: The environment's key is not the one that the suppression list was made with.
    """
    path = store.layout.absolute(table.path)
    if not table_exists(store.spark, path):
        map_tables(store, [table])
        return
    with exclusive(store.spark, path):
        protect_columns(store.spark, path, table.subject_columns, partitioned_by)
        suppression_check(store, path, table.subject_columns).remove_stored_rows()
        map_tables(store, [table])
    # On object stores and HDFS there is no lock: a writer that did not know these columns may have committed in between.
    suppression_check(store, path, table.subject_columns).remove_rows_stored_meanwhile()
