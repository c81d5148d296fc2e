"""Migration from format 3 to 4: rename the column `outcome` of runs and receipts to `result`.

The word "outcome" is kept for what became of a prediction.
"""

from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.create import table_exists
from tidegate.tables.read import read_table, table_state
from tidegate.tables.store import Store
from tidegate.tables.write import replace_rows

_OLD, _NEW = "outcome", "result"


def rename_results(store: Store, dry_run: bool = False) -> list[str]:
    """Rename the column in the table of runs and in the table of receipts, each in one commit. Their rows stay as they are.

    Args:
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line for each table that was changed, or that would be changed.
    """
    return [line for path in (store.layout.runs, store.layout.receipts) for line in _renamed(store, path, dry_run)]


def _renamed(store: Store, path: str, dry_run: bool) -> list[str]:
    if not table_exists(store.spark, path):
        return []
    with exclusive(store.spark, path):
        if _OLD not in table_state(store.spark, path).schema.names:
            return []
        if not dry_run:
            replace_rows(read_table(store.spark, path).withColumnRenamed(_OLD, _NEW).coalesce(1), path, {})
    return [f"{store.layout.relative(path)}: rename column {_OLD} to {_NEW}"]
