"""Keep a group's table in its layout: in each bucket few files, each of one stretch of time, sorted inside.

Every write adds files. A bucket is rewritten when it has more than `SPARE_FILES` files beyond those that its rows fill, when
more files than that hold one moment, or when a fifth of its rows are only marked as deleted. Which buckets these are stands in
the table's log; no data is read to tell it.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession

from tidegate.errors import ConflictError
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME, FeatureGroup
from tidegate.feature_groups.storage import arranged, stored_buckets
from tidegate.tables.buckets import ROWS_PER_FILE
from tidegate.tables.commit_note import Commit
from tidegate.tables.files import DataFile, data_files, deepest_overlap
from tidegate.tables.read import file_count
from tidegate.tables.rewrite import rearrange

LOG = logging.getLogger("tidegate")
# Opening a few small files costs a reader next to nothing; fewer would mean that a bucket is written again more often.
SPARE_FILES = 8
# A reader skips marked rows, but decodes them first.
MOST_HIDDEN = 5


@dataclass(frozen=True)
class BucketFiles:
    """The files of one bucket."""

    bucket: int
    files: int
    rows: int
    hidden: int
    overlap: int

    @property
    def spare(self) -> int:
        """Files beyond those that the rows fill."""
        return self.files - max(1, round(self.rows / ROWS_PER_FILE))

    @property
    def is_due(self) -> bool:
        """Whether the bucket is to be rewritten."""
        return self.spare > SPARE_FILES or self.overlap > SPARE_FILES + 1 or self.hidden * MOST_HIDDEN > self.rows


@dataclass(frozen=True)
class Compaction:
    """What a compaction did, or would do.

    Attributes:
        group: Name and version of the feature group.
        buckets: Buckets that were rewritten.
        files_before: Files of the table before.
        files_after: Files after; equal where nothing was rewritten.
    """

    group: str
    buckets: tuple[int, ...]
    files_before: int
    files_after: int


def buckets_of(files: Sequence[DataFile]) -> list[BucketFiles]:
    """Sum up the files of each bucket."""
    by_bucket: dict[int, list[DataFile]] = defaultdict(list)
    for file in files:
        by_bucket[int(file.partition)].append(file)
    return [
        BucketFiles(bucket, len(held), sum(file.rows for file in held), sum(file.hidden for file in held), deepest_overlap(held))
        for bucket, held in sorted(by_bucket.items())
    ]


def compact_group(spark: SparkSession, path: str, group: FeatureGroup, dry_run: bool = False) -> Compaction:
    """Rewrite the buckets that are due, in one commit that changes no data.

    Raises:
        DefinitionDiffersError, NewVersionNeededError: The table differs from the definition.
        ConflictError: Other writers came before again and again; the table is as it was.
    """
    # Rows of another definition would be arranged without some of their columns.
    stored_buckets(spark, path, group)
    found = buckets_of(data_files(spark, path, BUCKET, EVENT_TIME))
    due, before = [bucket for bucket in found if bucket.is_due], sum(bucket.files for bucket in found)
    numbers = tuple(bucket.bucket for bucket in due)
    if not due or dry_run:
        return Compaction(group.full_name, numbers, before, before)
    rows = sum(bucket.rows for bucket in due)
    note = Commit(note={"compacted": len(due)})
    rearrange(spark, path, lambda frame: arranged(frame, group, rows, len(due)), (BUCKET, numbers), note)
    return Compaction(group.full_name, numbers, before, file_count(spark, path))


def compact_where_due(spark: SparkSession, path: str, group: FeatureGroup) -> None:
    """The check at the end of a write: the number of files alone, in most cases."""
    files, buckets = file_count(spark, path), stored_buckets(spark, path, group)
    # No bucket can be due below that, unless the writes all went to few buckets: these wait for maintenance.
    if files > buckets + SPARE_FILES * min(buckets, 2):
        try:
            done = compact_group(spark, path, group)
        except ConflictError:
            # The batch is written; the next write, or maintenance, comes here again.
            return
        if done.buckets:
            LOG.info("feature group %s: %d files compacted to %d", group.full_name, done.files_before, done.files_after)
