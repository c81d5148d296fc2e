"""Bring a root of format 1 to format 2, table by table."""

from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import RootFormatError
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.evolution import BUCKETS_PROPERTY, HISTORY_PROPERTY, group_properties
from tidegate.feature_groups.storage import arranged
from tidegate.maintenance.root_format import CURRENT_FORMAT, old_tables, root_format, write_format
from tidegate.tables.buckets import Spread, bucket_of
from tidegate.tables.commit_note import Commit
from tidegate.tables.layout import Layout
from tidegate.tables.read import read_table
from tidegate.tables.rewrite import NewShape, reshape


def tables_to_migrate(spark: SparkSession, layout: Layout) -> list[str]:
    """Return what a migration has to bring to the current format, as paths below the root.

    Raises:
        RootFormatError: No migration leads from the root's format to the current one.
    """
    found = root_format(spark, layout)
    if found not in (None, 1, CURRENT_FORMAT):
        raise RootFormatError(layout.root, str(found), CURRENT_FORMAT)
    return [] if found == CURRENT_FORMAT else old_tables(spark, layout)


def migrate_root(spark: SparkSession, layout: Layout, groups: Mapping[str, FeatureGroup]) -> list[str]:
    """Migrate every table that needs it and write the format down; return the tables.

    Each table changes in one commit, and the format is written last: a driver killed anywhere leaves a root that is
    still refused, and the next run does what is left.

    Args:
        spark: The session.
        layout: Where the store lies.
        groups: Definitions by full name. A table whose definition isn't known, of another system, gets one bucket.
    """
    tables = tables_to_migrate(spark, layout)
    for path in tables:
        migrate_table(spark, layout.absolute(path), groups.get(path.removeprefix("feature_groups/")))
    write_format(spark, layout)
    return tables


def migrate_table(spark: SparkSession, path: str, group: FeatureGroup | None) -> None:
    """Give a feature group's table buckets, tombstones and their properties; the rows and all else stay.

    Raises:
        ConflictError: Other writers came before again and again; nothing was changed.
    """
    old = read_table(spark, path)
    buckets = 1 if group is None else group.buckets
    unknown = {BUCKETS_PROPERTY: "1", HISTORY_PROPERTY: "latest"}
    added = [T.StructField(TOMBSTONE, T.BooleanType()), T.StructField(BUCKET, T.IntegerType())]
    shape = NewShape(T.StructType([*old.schema.fields, *added]), (BUCKET,), unknown if group is None else group_properties(group))
    count = old.count()

    def arrange(rows: DataFrame) -> DataFrame:
        key = () if group is None else group.entity_key
        rows = rows.withColumns({TOMBSTONE: F.lit(False), BUCKET: bucket_of(key, buckets)})
        if group is None:
            return rows.coalesce(1).sortWithinPartitions(EVENT_TIME)
        return arranged(rows, group, Spread(EVENT_TIME, count, buckets))

    reshape(spark, path, arrange, shape, Commit(note={"format": CURRENT_FORMAT}))
