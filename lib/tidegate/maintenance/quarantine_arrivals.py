"""Migration from format 2 to 3: add to quarantine tables the column that says when the batch of a row arrived."""

from tidegate.quarantine.arrivals import ARRIVED_AT, QUARANTINED_AT, add_arrivals, lacks_arrivals
from tidegate.tables.find import find_tables
from tidegate.tables.read import table_state
from tidegate.tables.store import Store


def record_arrivals(store: Store, dry_run: bool = False) -> list[str]:
    """Add the column `arrived_at` to every quarantine table that lacks it.

    Rows that are already in the table get the time at which they were quarantined.

    Args:
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line for each table that was changed, or that would be changed.
    """
    found = [path for path in find_tables(store.spark, store.layout.root) if path.startswith("quarantine/")]
    # The folder may also contain a foreign table.
    ours = [path for path in found if QUARANTINED_AT in table_state(store.spark, store.layout.absolute(path)).schema.names]
    due = [path for path in ours if lacks_arrivals(store.spark, store.layout.absolute(path))]
    if not dry_run:
        for path in due:
            add_arrivals(store.spark, store.layout.absolute(path))
    return [f"{path}: add column {ARRIVED_AT}" for path in due]
