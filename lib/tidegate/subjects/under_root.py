"""Which of the Delta tables under a root are the store's own, which are a source's, and which are foreign."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidegate.hadoop import open_path
from tidegate.subjects.table_map import MappedTable, map_tables, mapped_tables
from tidegate.tables.find import below, find_tables
from tidegate.tables.layout import FOLDERS, LANDING
from tidegate.tables.store import Store

# A folder in the map that holds no table of ours: what lies below it is read and never written.
SOURCE = "source"


@dataclass(frozen=True)
class TablesUnderRoot:
    """The Delta tables under a root, by their paths below it; those of sources are in neither list.

    Attributes:
        own: Tables in the map of subjects, and those that the store keeps for itself.
        foreign: All others. Nothing may write to them, and a person could stay in them.
    """

    own: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def writable(self) -> tuple[str, ...]:
        """Own tables in whose folder no foreign table lies: to remove files there could remove the foreign table's."""
        return tuple(path for path in self.own if not any(other.startswith(f"{path}/") for other in self.foreign))


def tables_under_root(store: Store) -> TablesUnderRoot:
    """Return the Delta tables under the root; the landing zone and folders that sources were loaded from are not looked into."""
    mapped = mapped_tables(store)
    sources = [table.path for table in mapped if table.kind == SOURCE]
    known = {table.path for table in mapped if table.kind != SOURCE} | set(map(store.layout.relative, store.layout.own_tables))
    found = find_tables(store.spark, store.layout.root, leave_out=(LANDING, *sources))
    return TablesUnderRoot(
        own=tuple(path for path in found if path in known), foreign=tuple(path for path in found if path not in known)
    )


def sources_under_root(store: Store) -> list[str]:
    """Return the folders under the root that sources are read from and nothing of ours is written to: people stay in them."""
    landing, file_system = open_path(store.spark, store.layout.absolute(LANDING))
    zones = [store.layout.absolute(LANDING)] if file_system.exists(landing) else []
    return [*zones, *[store.layout.absolute(table.path) for table in mapped_tables(store) if table.kind == SOURCE]]


def map_sources(store: Store, folders: Sequence[str]) -> None:
    """Enter folders of sources into the map, where they lie under the root and outside of the landing zone.

    A folder in which tables of the store lie, such as the root itself, is not entered: what else lies there stays foreign.
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
