"""Maintenance of one feature group: delete rows that are older than the retention, and change the number of buckets."""

from datetime import datetime

from pyspark.sql import DataFrame, SparkSession

from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME, MOST_BUCKETS, FeatureGroup
from tidegate.feature_groups.evolution.difference import BUCKETS_PROPERTY
from tidegate.feature_groups.storage import arranged, stored_buckets
from tidegate.feature_groups.writing.delete import DeleteResult, Deletion, RowChoice, delete_rows_of
from tidegate.moments import earlier_by, require_moment
from tidegate.tables.buckets import Spread, bucket_of
from tidegate.tables.commits.commit_metadata import NOTHING_CHANGED, Commit
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.rewrite import NewShape, reshape
from tidegate.tables.store import Store


def purge_old_rows(store: Store, group: FeatureGroup, now: datetime, dry_run: bool = False) -> DeleteResult | None:
    """Delete the rows whose event_time is older than the group's retention.

    If a source still has such rows, a load may write them again, and the next run deletes them again. Older versions of the table
    contain the rows until their files are removed, which every maintenance does.

    Args:
        store: The store.
        group: The feature group.
        now: The moment from which the retention counts back.
        dry_run: Change nothing and only return what would be deleted.

    Returns:
        What was deleted; None if the group declares no retention.

    Raises:
        NaiveMomentError: `now` has no time zone.
    """
    require_moment(now, "the moment of a maintenance")
    if group.retention is None:
        return None
    return delete_rows_of(store, group, RowChoice(end=earlier_by(now, group.retention)), Deletion(None, dry_run))


def rebucket_group(spark: SparkSession, path: str, group: FeatureGroup, buckets: int) -> int:
    """Rewrite a group's table with another number of buckets, in one commit.

    Nothing else changes a table's number of buckets. If the table already has this number, nothing is rewritten. On a local file
    system, a writer that runs at the same time notices the change and starts its write again. On HDFS and object stores, nobody
    may write to the group meanwhile.

    Args:
        spark: The session.
        path: The table.
        group: The feature group.
        buckets: The new number of buckets, a power of two.

    Returns:
        The number of buckets that the table had before.

    Raises:
        DefinitionError: The number is not a power of two, or it is too large.
        ConflictError: Other writers changed the table during every attempt to commit. Nothing was changed.
    """
    if not 1 <= buckets <= MOST_BUCKETS or buckets & (buckets - 1):
        raise DefinitionError(
            f"feature group {group.full_name}: it can't have {buckets} buckets. Give a power of two up to {MOST_BUCKETS:,}."
        )
    before = stored_buckets(spark, path, group)
    if before == buckets:
        return before
    rows = sum(file.rows for file in data_files(spark, path, BUCKET, EVENT_TIME))
    shape = NewShape(group.stored_schema, (BUCKET,), {BUCKETS_PROPERTY: str(buckets)})

    def arrange(stored: DataFrame) -> DataFrame:
        moved = stored.withColumn(BUCKET, bucket_of(group.entity_key, buckets))
        return arranged(moved, group, Spread(EVENT_TIME, rows, buckets))

    reshape(spark, path, arrange, shape, Commit(note={**NOTHING_CHANGED, "buckets": buckets, "buckets_before": before}))
    return before
