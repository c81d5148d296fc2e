"""Maintenance of one feature group: purge what is too old, collapse runs, compact, change the number of buckets."""

from datetime import datetime

from pyspark.sql import DataFrame, SparkSession

from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME, MOST_BUCKETS, FeatureGroup
from tidegate.feature_groups.evolution.difference import BUCKETS_PROPERTY
from tidegate.feature_groups.storage import arranged, stored_buckets
from tidegate.feature_groups.writing.delete import DeleteResult, Deletion, RowChoice, delete_rows_of
from tidegate.moments import earlier_by, require_moment
from tidegate.tables.buckets import Spread, bucket_of
from tidegate.tables.commits.commit_note import Commit
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.rewrite import NewShape, reshape
from tidegate.tables.store import Store


def purge_old_rows(store: Store, group: FeatureGroup, now: datetime, dry_run: bool = False) -> DeleteResult | None:
    """Remove the rows whose event_time is older than the group's retention; None where it declares none.

    A source that still has them may bring them back; the next run removes them again. Older versions of the table hold
    them until their files are removed, which is part of every maintenance.
    """
    require_moment(now, "the moment of a maintenance")
    if group.retention is None:
        return None
    return delete_rows_of(store, group, RowChoice(end=earlier_by(now, group.retention)), Deletion(None, dry_run))


def rebucket_group(spark: SparkSession, path: str, group: FeatureGroup, buckets: int) -> int:
    """Write a group's table anew in another number of buckets, in one commit; return the number it had.

    The only way in which a table's number of buckets changes. The same number again rewrites nothing. Writers on a local
    file system see it and begin anew; elsewhere no writer of the group may be at work.

    Raises:
        DefinitionError: The number is no power of two, or too large.
        ConflictError: Other writers came before again and again; nothing was changed.
    """
    if not 1 <= buckets <= MOST_BUCKETS or buckets & (buckets - 1):
        raise DefinitionError(
            f"feature group {group.full_name}: {buckets} buckets; the number is a power of two up to {MOST_BUCKETS:,}."
        )
    before = stored_buckets(spark, path, group)
    if before == buckets:
        return before
    rows = sum(file.rows for file in data_files(spark, path, BUCKET, EVENT_TIME))
    shape = NewShape(group.stored_schema, (BUCKET,), {BUCKETS_PROPERTY: str(buckets)})

    def arrange(stored: DataFrame) -> DataFrame:
        moved = stored.withColumn(BUCKET, bucket_of(group.entity_key, buckets))
        return arranged(moved, group, Spread(EVENT_TIME, rows, buckets))

    reshape(spark, path, arrange, shape, Commit(note={"buckets": buckets, "buckets_before": before}))
    return before
