"""The format of a root: a number in the file `format`. A program refuses a root whose format it does not know.

1. Feature groups have no buckets and no tombstones. There is no file `format`.
2. Feature groups have buckets, tombstones, and table properties with the number of buckets and the kind of history. The map of
   subjects names one column per table. A root to which only `FeatureStore` wrote has no file `format`.
3. The map of subjects names several columns per table.
4. The table `loaded_until` records how far each feature group is loaded. Runs and receipts have a column `result` (before:
   `outcome`).
5. The table of loaded files names the feature group into which each file was loaded. Commits of feature groups note which event
   times they changed. Groups that are computed from stored rows keep all observations.
6. Prediction tables keep every row with its revision, say whether it was served, and record their entity key.
"""

from tidegate.errors import RootFormatError
from tidegate.feature_groups.definition import TIME_COLUMNS
from tidegate.feature_groups.evolution.difference import BUCKETS_PROPERTY
from tidegate.tables.create import table_exists
from tidegate.tables.find import find_tables
from tidegate.tables.format_file import CURRENT_FORMAT, write_format, written_format
from tidegate.tables.read import TableState, table_state
from tidegate.tables.store import Store


def root_format(store: Store) -> int | None:
    """Return the format of a root; None if there is no file `format` and no table shows an older format.

    Raises:
        RootFormatError: The content of the file `format` is not a number.
    """
    written = written_format(store)
    return _format_of_tables(store) if written is None else written


def old_tables(store: Store) -> list[str]:
    """Return the tables of feature groups in format 1, as paths relative to the root. Foreign tables are left out."""
    folder = store.layout.feature_group("").rstrip("/")
    found = [f"{store.layout.relative(folder)}/{path}" for path in find_tables(store.spark, folder) if "/" not in path]
    return [path for path in found if _is_old_group(table_state(store.spark, store.layout.absolute(path)))]


def has_old_map(store: Store) -> bool:
    """Return whether the map of subjects has format 2, with one column per table."""
    return (
        table_exists(store.spark, store.layout.table_map)
        and "subject_column" in table_state(store.spark, store.layout.table_map).schema.names
    )


def require_format(store: Store, stamp: bool = False) -> None:
    """Check that the root has the current format or is new.

    Args:
        store: The store.
        stamp: If there is no file `format`, write it with the current format.

    Raises:
        RootFormatError: The root has another format.
    """
    found = root_format(store)
    if found not in (None, CURRENT_FORMAT):
        raise RootFormatError(store.layout.root, str(found), CURRENT_FORMAT)
    if found is None and stamp:
        write_format(store)


def _is_old_group(table: TableState) -> bool:
    return BUCKETS_PROPERTY not in table.properties and {*TIME_COLUMNS} <= {*table.schema.names}


def _format_of_tables(store: Store) -> int | None:
    """Return the format that the tables of a root without a file `format` show; None for the current format or a new root.

    Every writer first enters its table into the map, so the columns of the map show format 2. If the map has the current columns,
    the file was lost, or the first writer was killed before it wrote the file.
    """
    if old_tables(store):
        return 1
    return 2 if has_old_map(store) else None
