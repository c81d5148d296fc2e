"""Migration, format 2 to 3: each entry of the suppression list says which form of an identifier was hashed."""

from tidegate.subjects.suppression_table import bring_up_to_date, has_old_columns
from tidegate.tables.store import Store


def add_forms(store: Store, dry_run: bool = False) -> list[str]:
    """Write the suppression list in its new columns, in one commit; safe to run again.

    Returns:
        What was changed, or with `dry_run` would be: nothing, or one line.
    """
    if not has_old_columns(store):
        return []
    if not dry_run:
        bring_up_to_date(store)
    return [f"{store.layout.relative(store.layout.suppression)}: the form of the identifier that each entry is a hash of"]
