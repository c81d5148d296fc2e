"""How a feature group's rows lie in its Delta table."""

from pyspark.sql import DataFrame, SparkSession

from tidegate.errors import OldTableError
from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, FeatureGroup
from tidegate.subjects.table_map import MappedTable
from tidegate.tables.buckets import laid_out
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.layout import Layout
from tidegate.tables.read import table_property

BUCKETS_PROPERTY = "tidegate.buckets"
HISTORY_PROPERTY = "tidegate.history"


def group_table(layout: Layout, group: FeatureGroup) -> MappedTable:
    """Return the group's entry in the map of subjects."""
    return MappedTable(layout.relative(layout.feature_group(group.full_name)), "feature group", group.subject)


def create_group_table(spark: SparkSession, layout: Layout, group: FeatureGroup) -> str:
    """Make the group's table where it isn't there; return its path."""
    path = layout.feature_group(group.full_name)
    properties = {BUCKETS_PROPERTY: str(group.buckets), HISTORY_PROPERTY: group.history}
    if not group.personal_columns:
        # A correction then marks the old row instead of rewriting its file. A mark hides a value and does not remove it, so
        # tables with personal columns have none.
        properties["delta.enableDeletionVectors"] = "true"
    create_table(spark, path, TableShape(group.stored_schema, group.personal_columns, (BUCKET,), properties))
    return path


def stored_buckets(spark: SparkSession, path: str, group: FeatureGroup) -> int:
    """Return in how many buckets a table was made.

    Raises:
        OldTableError: The table was made in another layout, or keeps another history than the definition says.
    """
    buckets, history = table_property(spark, path, BUCKETS_PROPERTY), table_property(spark, path, HISTORY_PROPERTY)
    if buckets is None or history != group.history:
        raise OldTableError(group.full_name, group.history, history)
    return int(buckets)


def arranged(rows: DataFrame, group: FeatureGroup, count: int, buckets: int) -> DataFrame:
    """Arrange rows for the group's table: by bucket and stretch of time, sorted by key and time inside."""
    order = [*group.entity_key, EVENT_TIME, AVAILABLE_AT]
    return laid_out(rows.select(*group.stored_schema.names), BUCKET, order, EVENT_TIME, count, buckets)
