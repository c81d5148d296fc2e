"""How a feature group's rows lie in its Delta table."""

from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import DataFrame, SparkSession

from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, FeatureGroup
from tidegate.feature_groups.evolution import BUCKETS_PROPERTY, Evolution, compare, group_properties
from tidegate.feature_groups.personal_statistics import remove_statistics
from tidegate.quarantine.table import Quarantine
from tidegate.schema import quoted
from tidegate.subjects.known_late import enter_known_late
from tidegate.subjects.table_map import FEATURE_GROUP, MappedTable, map_tables, mapped_tables
from tidegate.tables.buckets import Spread, laid_out
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.layout import Layout
from tidegate.tables.read import table_state


def group_table(layout: Layout, group: FeatureGroup) -> MappedTable:
    """Return the group's entry in the map of subjects."""
    return MappedTable(layout.relative(layout.feature_group(group.full_name)), FEATURE_GROUP, group.subjects)


def create_group_table(spark: SparkSession, layout: Layout, group: FeatureGroup) -> str:
    """Make the group's table where it isn't there; return its path."""
    path = layout.feature_group(group.full_name)
    properties = group_properties(group)
    if not group.personal_columns:
        # A correction then marks the old row instead of rewriting its file. A mark hides a value and does not remove it, so
        # tables with personal columns have none.
        properties["delta.enableDeletionVectors"] = "true"
    create_table(spark, path, TableShape(group.stored_schema, group.personal_columns, (BUCKET,), properties))
    return path


def group_evolution(spark: SparkSession, layout: Layout, group: FeatureGroup) -> Evolution:
    """Compare a group's definition with its table, from the table's log alone."""
    path = layout.feature_group(group.full_name)
    return compare(group, table_state(spark, path) if table_exists(spark, path) else None)


def require_same_definitions(spark: SparkSession, layout: Layout, groups: Sequence[FeatureGroup]) -> None:
    """Raise DefinitionDiffersError or NewVersionNeededError where a table differs from its definition; no job starts."""
    for group in groups:
        group_evolution(spark, layout, group).require_none()


def map_groups(spark: SparkSession, layout: Layout, groups: Sequence[FeatureGroup]) -> None:
    """Enter groups into the map of subjects, before their first row is written.

    Raises:
        DefinitionDiffersError, NewVersionNeededError: A table differs from its definition; nothing is entered then, because
            under another subject column the people in the table would not be found.
    """
    require_same_definitions(spark, layout, groups)
    map_tables(spark, layout, [group_table(layout, group) for group in groups])


def enter_people(spark: SparkSession, layout: Layout, group: FeatureGroup, columns: Sequence[str]) -> None:
    """Enter columns of a group into the map that name a person, although the group's definition doesn't say so.

    From then on the group's table, and that of the rows held back from it, keep no statistics of them, and have no rows of people
    who were forgotten before: they came in by a column of which nobody knew that it names people. Nothing is done for a group
    that was never written. A driver that is killed anywhere before the group's entry does everything again.
    """
    entries = entries_of_people(spark, layout, group, columns, mapped_tables(spark, layout))
    if not entries:
        return
    held = _held(spark, layout, group)
    if table_exists(spark, layout.feature_group(group.full_name)):
        remove_statistics(spark, layout, {group.full_name: columns})
    held.protect(columns)
    _, of_group = entries
    enter_known_late(spark, layout, of_group, (BUCKET,))
    # Rows that were held back meanwhile, by a writer that knew nothing of these columns.
    held.remove_suppressed()


def entries_of_people(
    spark: SparkSession, layout: Layout, group: FeatureGroup, columns: Sequence[str], known: Sequence[MappedTable]
) -> list[MappedTable]:
    """Return what `enter_people` adds to a map: entries of the group's table and of its held rows; none where it adds nothing."""
    entry = replace(group_table(layout, group), subject_columns=(*group.subjects, *columns))
    stored = [table for table in known if table.path == entry.path]
    if not stored or stored[0].covers(entry):
        return []
    return [_held(spark, layout, group).personal_entry, entry]


def _held(spark: SparkSession, layout: Layout, group: FeatureGroup) -> Quarantine:
    return Quarantine(spark, layout, group.full_name, personal=True)


def stored_buckets(spark: SparkSession, path: str, group: FeatureGroup) -> int:
    """Return in how many buckets a table was made.

    Raises:
        DefinitionDiffersError: The definition says more than the table, and `evolve` was not run.
        NewVersionNeededError: The definition contradicts the table.
    """
    table = table_state(spark, path)
    compare(group, table).require_none()
    return int(table.properties[BUCKETS_PROPERTY])


def arranged(rows: DataFrame, group: FeatureGroup, spread: Spread) -> DataFrame:
    """Arrange rows for the group's table: by bucket and stretch of event_time, sorted by key and time inside."""
    order = [*group.entity_key, EVENT_TIME, AVAILABLE_AT]
    columns = map(quoted, group.stored_schema.names)
    return laid_out(rows.selectExpr(*columns), BUCKET, order, spread)
