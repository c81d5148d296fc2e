"""Migration from format 2 to 3: add to receipts the columns that were searched and the earlier receipts that one corrects."""

from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.create import table_exists
from tidegate.tables.evolve import add_columns
from tidegate.tables.read import table_state
from tidegate.tables.store import Store

_ADDED = {
    "`tables`.`element`.`columns`": "ARRAY<STRING>",
    "`tables`.`element`.`declared`": "BOOLEAN",
    "`amends`": "ARRAY<STRING>",
}


def add_receipt_columns(store: Store, dry_run: bool = False) -> list[str]:
    """Add the columns to the table of receipts, in one commit. Its rows stay as they are.

    Args:
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line if the table was changed, or would be changed; otherwise none.
    """
    if not table_exists(store.spark, store.layout.receipts):
        return []
    with exclusive(store.spark, store.layout.receipts):
        if "amends" in table_state(store.spark, store.layout.receipts).schema.names:
            return []
        if not dry_run:
            add_columns(store.spark, store.layout.receipts, _ADDED)
    return [f"{store.layout.relative(store.layout.receipts)}: add the searched columns and the receipts that one corrects"]
