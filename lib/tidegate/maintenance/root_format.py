"""The format of what lies under a root: a number in the file `format`, so that no program works on what it doesn't know.

1. Feature groups without buckets and tombstones; no file says so.
2. Feature groups in buckets, with tombstones and the properties that tell their buckets and history. The map of subjects names
   one column a table. A root that `FeatureStore` alone wrote has no file.
3. The map of subjects names several columns a table.
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
    """Return the format of a root; None where nothing says so and no table speaks against the current one.

    Raises:
        RootFormatError: The file `format` holds something else than a number.
    """
    written = written_format(store)
    return _format_of_tables(store) if written is None else written


def old_tables(store: Store) -> list[str]:
    """Return the feature groups' tables of format 1, as paths below the root; others in their folder are none of ours."""
    folder = store.layout.feature_group("").rstrip("/")
    found = [f"{store.layout.relative(folder)}/{path}" for path in find_tables(store.spark, folder) if "/" not in path]
    return [path for path in found if _is_old_group(table_state(store.spark, store.layout.absolute(path)))]


def has_old_map(store: Store) -> bool:
    """Tell whether the map of subjects is that of format 2, with one column a table."""
    return (
        table_exists(store.spark, store.layout.table_map)
        and "subject_column" in table_state(store.spark, store.layout.table_map).schema.names
    )


def require_format(store: Store, stamp: bool = False) -> None:
    """Raise RootFormatError unless the root is of the current format, or new.

    Args:
        store: The store.
        stamp: Write the current format down where no file says it.
    """
    found = root_format(store)
    if found not in (None, CURRENT_FORMAT):
        raise RootFormatError(store.layout.root, str(found), CURRENT_FORMAT)
    if found is None and stamp:
        write_format(store)


def _is_old_group(table: TableState) -> bool:
    return BUCKETS_PROPERTY not in table.properties and {*TIME_COLUMNS} <= {*table.schema.names}


def _format_of_tables(store: Store) -> int | None:
    """Return the format of a root without a file, as its tables tell it.

    Every writer enters its table into the map first, so that the map's columns tell format 2. A root whose map is as it is now
    has lost its file, or its first writer was killed.
    """
    if old_tables(store):
        return 1
    return 2 if has_old_map(store) else None
