"""How the rows of a feature group are stored in its Delta table."""

from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import DataFrame, SparkSession

from tidegate.feature_groups.catalog.personal_statistics import remove_statistics
from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, FeatureGroup
from tidegate.feature_groups.evolution.difference import BUCKETS_PROPERTY, Evolution, evolution_between, group_properties
from tidegate.quarantine.table import Quarantine
from tidegate.schema import quoted
from tidegate.subjects.people_known_late import enter_known_late
from tidegate.subjects.table_map import FEATURE_GROUP, MappedTable, map_tables, mapped_tables
from tidegate.tables.buckets import Spread, first_laid_out, laid_out
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.layout import Layout
from tidegate.tables.read import table_state
from tidegate.tables.store import Store


def group_table(layout: Layout, group: FeatureGroup) -> MappedTable:
    """Return the group's entry in the map of subjects."""
    return MappedTable(layout.relative(layout.feature_group(group.full_name)), FEATURE_GROUP, group.subjects)


def create_group_table(store: Store, group: FeatureGroup) -> str:
    """Create the group's table if it does not exist, and return its path."""
    path = store.layout.feature_group(group.full_name)
    properties = group_properties(group)
    if not group.personal_columns:
        # With deletion vectors, a correction marks the old row as deleted and does not rewrite its file. The old value is then
        # hidden, but it is still in the file. So tables with personal columns don't use them.
        properties["delta.enableDeletionVectors"] = "true"
    create_table(store.spark, path, TableShape(group.stored_schema, group.personal_columns, (BUCKET,), properties))
    return path


def group_evolution(store: Store, group: FeatureGroup) -> Evolution:
    """Compare a group's definition with its table. This reads only the table's log."""
    path = store.layout.feature_group(group.full_name)
    return evolution_between(group, table_state(store.spark, path) if table_exists(store.spark, path) else None)


def require_same_definitions(store: Store, groups: Sequence[FeatureGroup]) -> None:
    """Check that the tables of groups fit their definitions. No job starts.

    Raises:
        DefinitionDiffersError: A table differs from its definition, and `evolve` can change the table.
        NewVersionNeededError: A table differs from its definition, and only a new version of the group helps.
    """
    for group in groups:
        group_evolution(store, group).require_none()


def map_groups(store: Store, groups: Sequence[FeatureGroup]) -> None:
    """Enter groups into the map of subjects. This must happen before their first row is written.

    Raises:
        DefinitionDiffersError, NewVersionNeededError: A table differs from its definition. Nothing is entered then, because an
            erasure would look for people in the wrong column.
    """
    require_same_definitions(store, groups)
    map_tables(store, [group_table(store.layout, group) for group in groups])


def enter_people(store: Store, group: FeatureGroup, columns: Sequence[str]) -> None:
    """Enter columns into the map of subjects that name a person, although the definition of their group doesn't say so.

    The function also cleans the table of the group and the table of its quarantine: it removes the statistics of these columns
    and the rows of people who were forgotten before. Such rows may exist, because so far nobody knew that the columns name
    people. The function does nothing for a group that was never written. The group's entry is made last, so if the driver is
    killed before, the next call does everything again.
    """
    entries = entries_of_people(store, group, columns, mapped_tables(store))
    if not entries:
        return
    held = _held(store, group)
    if table_exists(store.spark, store.layout.feature_group(group.full_name)):
        remove_statistics(store, {group.full_name: columns})
    held.protect(columns)
    _, of_group = entries
    enter_known_late(store, of_group, (BUCKET,))
    # In the meantime, a writer that did not know about these columns may have put rows of such people into the quarantine.
    held.remove_suppressed()


def entries_of_people(
    store: Store, group: FeatureGroup, columns: Sequence[str], known: Sequence[MappedTable]
) -> list[MappedTable]:
    """Return the entries that `enter_people` adds to a map: those of the group's table and of its quarantine.

    The list is empty if the group was never written or the map already contains these columns.
    """
    entry = replace(group_table(store.layout, group), subject_columns=(*group.subjects, *columns))
    stored = [table for table in known if table.path == entry.path]
    if not stored or stored[0].covers(entry):
        return []
    return [_held(store, group).personal_entry, entry]


def _held(store: Store, group: FeatureGroup) -> Quarantine:
    return Quarantine(store, group.full_name, personal=True)


def stored_buckets(spark: SparkSession, path: str, group: FeatureGroup) -> int:
    """Return the number of buckets of a table.

    Raises:
        DefinitionDiffersError: The table differs from the definition, and `evolve` was not run.
        NewVersionNeededError: The table differs from the definition in a way that `evolve` can't change.
    """
    table = table_state(spark, path)
    evolution_between(group, table).require_none()
    return int(table.properties[BUCKETS_PROPERTY])


def arranged(rows: DataFrame, group: FeatureGroup, spread: Spread) -> DataFrame:
    """Divide rows among files by bucket and by range of event_time, and sort them by key and times within a file."""
    columns = map(quoted, group.stored_schema.names)
    return laid_out(rows.selectExpr(*columns), BUCKET, [*group.entity_key, EVENT_TIME, AVAILABLE_AT], spread)


def arranged_firsts(rows: DataFrame, group: FeatureGroup, spread: Spread) -> DataFrame:
    """Arrange rows as `arranged` does, and leave out all but the first of several rows of one event."""
    columns = map(quoted, group.stored_schema.names)
    return first_laid_out(rows.selectExpr(*columns), BUCKET, [*group.entity_key, EVENT_TIME], AVAILABLE_AT, spread)
