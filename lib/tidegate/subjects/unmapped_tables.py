"""Find out which Delta tables under a root belong to the store, which belong to a source, and which are foreign."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidegate.hadoop import open_path
from tidegate.subjects.table_map import MappedTable, map_tables, mapped_tables
from tidegate.tables.find import below, find_tables
from tidegate.tables.layout import FOLDERS, LANDING
from tidegate.tables.store import Store

# The kind of a map entry for a folder of source files. The store reads what lies in such a folder and never writes there.
SOURCE = "source"


@dataclass(frozen=True)
class TablesUnderRoot:
    """The Delta tables under a root, as paths relative to it. The tables of sources are in neither list.

    Attributes:
        own: The tables in the map of subjects, and the tables that the store keeps for itself, such as the map.
        foreign: All other tables. The store may not write to them, so an erased person could still be in them.
    """

    own: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def writable(self) -> tuple[str, ...]:
        """The own tables whose folder contains no foreign table. In the others, removing files could hit the foreign table."""
        return tuple(path for path in self.own if not any(other.startswith(f"{path}/") for other in self.foreign))


def tables_under_root(store: Store) -> TablesUnderRoot:
    """Return the Delta tables under the root. The landing zone and the folders of sources are not searched."""
    mapped = mapped_tables(store)
    sources = [table.path for table in mapped if table.kind == SOURCE]
    known = {table.path for table in mapped if table.kind != SOURCE} | set(map(store.layout.relative, store.layout.own_tables))
    found = find_tables(store.spark, store.layout.root, leave_out=(LANDING, *sources))
    return TablesUnderRoot(
        own=tuple(path for path in found if path in known), foreign=tuple(path for path in found if path not in known)
    )


def sources_under_root(store: Store) -> list[str]:
    """Return the folders of sources under the root. The store never writes there, so an erasure leaves the people in them."""
    landing, file_system = open_path(store.spark, store.layout.absolute(LANDING))
    zones = [store.layout.absolute(LANDING)] if file_system.exists(landing) else []
    return [*zones, *[store.layout.absolute(table.path) for table in mapped_tables(store) if table.kind == SOURCE]]


def map_sources(store: Store, folders: Sequence[str]) -> None:
    """Enter folders of sources into the map if they lie under the root and outside the landing zone.

    A folder that also contains tables of the store, such as the root itself, is not entered. Unknown tables in it stay foreign.
    """
    own = [*map(store.layout.relative, store.layout.own_tables), *FOLDERS]
    entries = []
    for folder in folders:
        path = below(store.spark, store.layout.root, folder)
        if not path or _is_within(path, LANDING) or any(_is_within(path, each) or _is_within(each, path) for each in own):
            continue
        entries.append(MappedTable(path, SOURCE))
    if entries:
        map_tables(store, entries)


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
