"""Remove the statistics of columns that turned out to be personal. Extremes and frequent values are values of people."""

from collections.abc import Mapping, Sequence

from tidegate.schema import quoted, text_literal
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.create import table_exists
from tidegate.tables.old_log import remove_old_log
from tidegate.tables.read import read_table
from tidegate.tables.store import Store
from tidegate.tables.vacuum import vacuum_table
from tidegate.tables.write import delete_where


def remove_statistics(store: Store, columns: Mapping[str, Sequence[str]]) -> int:
    """Delete the statistics of these columns, also from the older versions of their table.

    Args:
        store: The store.
        columns: The names of the columns, by the full name of their feature group.

    Returns:
        The number of rows that were deleted from the newest version.
    """
    conditions = [_condition(group, names) for group, names in columns.items() if names]
    if not conditions or not table_exists(store.spark, store.layout.statistics):
        return 0
    condition = " OR ".join(conditions)
    with exclusive(store.spark, store.layout.statistics):
        found = read_table(store.spark, store.layout.statistics).where(condition).count()
        if found:
            delete_where(
                store.spark, store.layout.statistics, condition, Commit(note={"removed": "statistics of personal columns"})
            )
        # Vacuum even if no row was found: a driver that was killed before this line has left the old files.
        vacuum_table(store.spark, store.layout.statistics)
        # After maintenance has joined files of this table, the log contains the extremes of their columns.
        remove_old_log(store.spark, store.layout.statistics)
    return found


def _condition(group: str, names: Sequence[str]) -> str:
    name, _, version = group.rpartition("_v")
    listed = ", ".join(map(text_literal, names))
    return f"({quoted('group')} = {text_literal(name)} AND group_version = {version} AND feature IN ({listed}))"
