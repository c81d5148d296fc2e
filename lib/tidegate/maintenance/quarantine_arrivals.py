"""Migration, format 2 to 3: quarantine tables say when the batch of a held row arrived."""

from tidegate.quarantine.arrivals import ARRIVED_AT, QUARANTINED_AT, add_arrivals, lacks_arrivals
from tidegate.tables.find import find_tables
from tidegate.tables.read import table_state
from tidegate.tables.store import Store


def record_arrivals(store: Store, dry_run: bool = False) -> list[str]:
    """Give each quarantine table the column; rows held back before count as arrived when they were held back."""
    found = [path for path in find_tables(store.spark, store.layout.root) if path.startswith("quarantine/")]
    # A foreign table may lie there.
    ours = [path for path in found if QUARANTINED_AT in table_state(store.spark, store.layout.absolute(path)).schema.names]
    due = [path for path in ours if lacks_arrivals(store.spark, store.layout.absolute(path))]
    if not dry_run:
        for path in due:
            add_arrivals(store.spark, store.layout.absolute(path))
    return [f"{path}: column {ARRIVED_AT}" for path in due]
