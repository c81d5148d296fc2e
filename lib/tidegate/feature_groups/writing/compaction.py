"""Compact a group's table: each bucket should have few files, each with one range of event_time, and sorted.

Every write adds files. A compaction rewrites these files of a bucket, in one commit:

- small files, once there are more than `SPARE_FILES` of the same size (their numbers of rows have the same number of digits).
  These files and all smaller ones become one file. So a row is rewritten once or twice for each digit of the number of rows in
  its bucket, and not with every few batches;
- files of which more than a tenth of the rows are marked as deleted, once this is so for more than a tenth of the bucket's rows;
- all files with marks, in all buckets, once there were enough commits since the last compaction. `ROWS_A_COMMIT` says how many
  rows may be rewritten for each commit;
- all files, once more than `MOST_OVERLAPPING` large files contain the same moment.

The table's log shows which files these are, so no data is read to find them.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession

from tidegate.errors import ConflictError
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME, FeatureGroup
from tidegate.feature_groups.storage import arranged, stored_buckets
from tidegate.tables.buckets import ROWS_PER_FILE, Spread
from tidegate.tables.commits.commit_metadata import NOTHING_CHANGED, Commit
from tidegate.tables.commits.file_commit import can_mark_rows
from tidegate.tables.delta_log.files import DataFile, data_files, deepest_overlap
from tidegate.tables.read import current_version, file_count
from tidegate.tables.rewrite import rearrange

LOG = logging.getLogger("tidegate")
# A few small files cost a reader almost nothing.
SPARE_FILES = 4
# A file with fewer rows is a small one.
SMALL_FILE = ROWS_PER_FILE // 2
# Batches with corrections for all times add files that overlap the others. Two neighbouring files may share a moment anyway.
MOST_OVERLAPPING = 4
# A reader skips rows that are marked as deleted, but only after decoding them. They may be one tenth of the rows.
MOST_HIDDEN = 10
# A single mark makes readers look up every row of all files. To rewrite this many rows takes a few hundredths of the time of a
# commit.
ROWS_A_COMMIT = 20_000


@dataclass(frozen=True)
class Compaction:
    """The result of a compaction, or of its dry run.

    Attributes:
        group: Name and version of the feature group.
        buckets: The buckets with rewritten files.
        files_before: The number of the table's files before.
        files_after: The number of files after. It is the same if nothing was rewritten.
    """

    group: str
    buckets: tuple[int, ...]
    files_before: int
    files_after: int


def worn_files(held: Sequence[DataFile]) -> list[DataFile]:
    """Return the files of a bucket that have to be rewritten, except those of `files_to_unmark`."""
    if deepest_overlap([file for file in held if file.rows >= SMALL_FILE]) > MOST_OVERLAPPING:
        return list(held)
    sizes = Counter(len(str(file.rows)) for file in held if file.rows < SMALL_FILE)
    crowded = max((size for size, files in sizes.items() if files > SPARE_FILES), default=0)
    is_marked = sum(file.hidden for file in held) * MOST_HIDDEN > sum(file.rows for file in held)
    return [
        file
        for file in held
        if (is_marked and file.hidden * MOST_HIDDEN > file.rows) or (file.rows < SMALL_FILE and len(str(file.rows)) <= crowded)
    ]


def files_to_unmark(files: Sequence[DataFile], version: int) -> list[DataFile]:
    """Return the files with marks of a table at this version if they have few enough rows for the number of commits; else none.

    If corrections affect all times, every batch adds new marks. In such a table, small files are joined so often that the number
    of commits since then stays low. So the marks stay, which is right, because new ones would come at once.
    """
    marked = [file for file in files if file.hidden]
    commits = version - max((file.arranged_at for file in files), default=0)
    return marked if sum(file.rows for file in marked) <= commits * ROWS_A_COMMIT else []


def compact_group(spark: SparkSession, path: str, group: FeatureGroup, dry_run: bool = False) -> Compaction:
    """Rewrite the files of a group's table that need it, in one commit that changes no data.

    Args:
        spark: The session.
        path: The group's table.
        group: The feature group.
        dry_run: If true, find the files and change nothing.

    Raises:
        DefinitionDiffersError, NewVersionNeededError: The table differs from the definition.
        ConflictError: Other writers committed first in every attempt. The table was not changed.
    """
    # This checks the definition. With another one, the rewritten rows could lose columns.
    stored_buckets(spark, path, group)
    files = data_files(spark, path, BUCKET, EVENT_TIME)
    by_bucket: dict[int, list[DataFile]] = defaultdict(list)
    for file in files:
        by_bucket[int(file.partition)].append(file)
    unmarked = set(files_to_unmark(files, current_version(spark, path)))
    found = {bucket: {*worn_files(held), *(file for file in held if file in unmarked)} for bucket, held in by_bucket.items()}
    worn = {bucket: found[bucket] for bucket in sorted(found) if found[bucket]}
    if not worn or dry_run:
        return Compaction(group.full_name, tuple(worn), len(files), len(files))
    names = {file.path for found in worn.values() for file in found}
    rows = sum(file.rows for found in worn.values() for file in found)
    note = Commit(note={**NOTHING_CHANGED, "compacted": len(worn)})
    rearrange(spark, path, names, lambda frame: arranged(frame, group, Spread(EVENT_TIME, rows, len(worn))), note)
    return Compaction(group.full_name, tuple(worn), len(files), file_count(spark, path))


def compact_where_due(spark: SparkSession, path: str, group: FeatureGroup) -> None:
    """Compact a table at the end of a write if it needs it.

    If no file can have marks, the number of files alone shows whether the list of files has to be read from the log.
    """
    # With fewer files than this, no bucket has files to join.
    if file_count(spark, path) > SPARE_FILES or can_mark_rows(spark, path):
        try:
            done = compact_group(spark, path, group)
        except ConflictError:
            # The batch is written. The next write, or maintenance, tries the compaction again.
            return
        if done.buckets:
            LOG.info("feature group %s: %d files compacted to %d", group.full_name, done.files_before, done.files_after)
