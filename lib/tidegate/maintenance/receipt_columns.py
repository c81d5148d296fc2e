"""Migration, format 2 to 3: receipts say which columns were searched, and which earlier receipts they correct."""

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
    """Add the columns to the table of receipts, in one commit; its rows stay as they are."""
    if not table_exists(store.spark, store.layout.receipts):
        return []
    with exclusive(store.spark, store.layout.receipts):
        if "amends" in table_state(store.spark, store.layout.receipts).schema.names:
            return []
        if not dry_run:
            add_columns(store.spark, store.layout.receipts, _ADDED)
    return [f"{store.layout.relative(store.layout.receipts)}: the columns searched, and the receipts that one corrects"]
