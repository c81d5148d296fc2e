"""Migration from format 1 to 2: add buckets and tombstones to the tables of feature groups."""

from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.feature_groups.definition import BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.evolution.difference import BUCKETS_PROPERTY, HISTORY_PROPERTY, group_properties
from tidegate.feature_groups.storage import arranged
from tidegate.maintenance.root_format import old_tables
from tidegate.tables.buckets import Spread, bucket_of
from tidegate.tables.commits.commit_metadata import NOTHING_CHANGED, Commit
from tidegate.tables.read import read_table
from tidegate.tables.rewrite import NewShape, reshape
from tidegate.tables.store import Store


def bucket_old_tables(groups: Mapping[str, FeatureGroup], store: Store, dry_run: bool = False) -> list[str]:
    """Migrate every feature group's table that has no buckets yet, each in one commit.

    Args:
        groups: The known definitions by full name. A table of another system, whose definition is not among them, gets one
            bucket.
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line for each table that was changed, or that would be changed.
    """
    tables = old_tables(store)
    if not dry_run:
        for path in tables:
            migrate_table(store.spark, store.layout.absolute(path), groups.get(path.removeprefix("feature_groups/")))
    return [f"{path}: add buckets and tombstones" for path in tables]


def migrate_table(spark: SparkSession, path: str, group: FeatureGroup | None) -> None:
    """Add buckets, tombstones and their table properties to a feature group's table. Its rows stay the same.

    Args:
        spark: The session.
        path: The table.
        group: The definition of the feature group; None if it is not known, and the table then gets one bucket.

    Raises:
        ConflictError: Other writers changed the table during every attempt to commit. Nothing was changed.
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

    reshape(spark, path, arrange, shape, Commit(note={**NOTHING_CHANGED, "format": 2}))
