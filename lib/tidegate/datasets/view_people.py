"""Enter columns into the map of subjects that name people, as only a feature view shows."""

from collections.abc import Iterable, Iterator

from tidegate.datasets.view import FeatureView
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.storage import enter_people, entries_of_people
from tidegate.subjects.derived_people import enter_derived_people, with_derived_people
from tidegate.subjects.table_map import MappedTable, mapped_tables, with_entries
from tidegate.tables.store import Store


def map_view(store: Store, view: FeatureView) -> None:
    """Enter columns of the view's groups that name a person, although the definition of their group doesn't say so.

    Example: the spine has a column `driver_id` that joins it to a group of drivers. So the spine contains drivers. When a driver
    is forgotten, the driver's rows in the spine are deleted too, and later writes refuse such rows. Training datasets and
    prediction tables that have this column through another view get the same entry. Nothing is entered for a group that was
    never written.
    """
    shown = map_with_views(store, (view,))
    if shown == mapped_tables(store):
        return
    # The groups are entered last. If the driver is killed before, the map lacks their entries, and the next call does everything
    # again.
    enter_derived_people(store, with_derived_people(store, shown))
    for group, further in _shown(view):
        enter_people(store, group, further)


def map_with_views(store: Store, views: Iterable[FeatureView]) -> list[MappedTable]:
    """Return the map of subjects as it would be after `map_view` for these views. Nothing is written."""
    entries = mapped_tables(store)
    for view in views:
        for group, further in _shown(view):
            entries = with_entries(entries, entries_of_people(store, group, further, entries))
    return entries


def _shown(view: FeatureView) -> Iterator[tuple[FeatureGroup, list[str]]]:
    for group, columns in view.group_subjects.items():
        further = [name for name in columns if name not in group.subjects]
        if further:
            yield group, further
