"""Migration from format 2 to 3: record in each entry of the suppression list which form of an identifier was hashed."""

from tidegate.subjects.suppression_table import bring_up_to_date, has_old_columns
from tidegate.tables.store import Store


def add_forms(store: Store, dry_run: bool = False) -> list[str]:
    """Rewrite the suppression list with its new columns, in one commit. It may run again.

    Args:
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line if the list was changed, or would be changed; otherwise none.
    """
    if not has_old_columns(store):
        return []
    if not dry_run:
        bring_up_to_date(store)
    return [f"{store.layout.relative(store.layout.suppression)}: record the form of the identifier that each entry is a hash of"]
