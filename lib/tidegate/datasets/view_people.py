"""Enter into the map of subjects whom a view shows to be in its groups' tables."""

from collections.abc import Iterable, Iterator

from pyspark.sql import SparkSession

from tidegate.datasets.view import FeatureView
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.storage import enter_people, entries_of_people
from tidegate.subjects.derived_people import enter_derived_people, with_derived_people
from tidegate.subjects.table_map import MappedTable, mapped_tables, with_entries
from tidegate.tables.layout import Layout


def map_view(spark: SparkSession, layout: Layout, view: FeatureView) -> None:
    """Enter the columns of the view's groups that name a person only because of what the view joins them to.

    A spine with a column `driver_id`, joined to a group of drivers, holds drivers: when one is forgotten, the spine's rows go,
    too, and its writers let no such row in again. Nothing is entered for a group that was never written. Training datasets and
    prediction tables that have the column by another view get the same entry.
    """
    shown = map_with_views(spark, layout, (view,))
    if shown == mapped_tables(spark, layout):
        return
    # The groups last: as long as the map doesn't know of their people, a driver that was killed does all of this again.
    enter_derived_people(spark, layout, with_derived_people(spark, layout, shown))
    for group, further in _shown(view):
        enter_people(spark, layout, group, further)


def map_with_views(spark: SparkSession, layout: Layout, views: Iterable[FeatureView]) -> list[MappedTable]:
    """Return the map as `map_view` would leave it; nothing is written."""
    entries = mapped_tables(spark, layout)
    for view in views:
        for group, further in _shown(view):
            entries = with_entries(entries, entries_of_people(spark, layout, group, further, entries))
    return entries


def _shown(view: FeatureView) -> Iterator[tuple[FeatureGroup, list[str]]]:
    for group, columns in view.group_subjects.items():
        further = [name for name in columns if name not in group.subjects]
        if further:
            yield group, further
