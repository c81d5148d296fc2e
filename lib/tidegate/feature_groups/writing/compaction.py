"""Keep a group's table in its layout: in each bucket few files, each of one stretch of time, sorted inside.

Every write adds files. Of each bucket are written anew, in one commit:

- small files, as soon as more than `SPARE_FILES` of them are of one size (their rows have as many digits): these and all smaller
  ones become one. So a row is written anew once or twice for each digit of the bucket's rows, and not with every few batches;
- when more than a tenth of the bucket's rows are only marked as deleted, the files with more than a tenth of marked rows;
- all files with marks, in whatever bucket, when the commits since the last compaction are worth so many rows (`ROWS_A_COMMIT`);
- all files, when more than `MOST_OVERLAPPING` large ones hold one moment.

Which files these are stands in the table's log; no data is read to tell it.
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
from tidegate.tables.commits.commit_note import Commit
from tidegate.tables.commits.file_commit import can_mark_rows
from tidegate.tables.delta_log.files import DataFile, data_files, deepest_overlap
from tidegate.tables.read import current_version, file_count
from tidegate.tables.rewrite import rearrange

LOG = logging.getLogger("tidegate")
# Opening a few small files costs a reader next to nothing.
SPARE_FILES = 4
# Files with fewer rows are small.
SMALL_FILE = ROWS_PER_FILE // 2
# Corrections of all times make files that overlap those of the stretches. Two neighbours share a moment now and then.
MOST_OVERLAPPING = 4
# A reader skips marked rows, but decodes them first.
MOST_HIDDEN = 10
# A single mark makes readers look up every row of all files. To write so many rows anew is a few hundredths of a commit's time.
ROWS_A_COMMIT = 20_000


@dataclass(frozen=True)
class Compaction:
    """What a compaction did, or would do.

    Attributes:
        group: Name and version of the feature group.
        buckets: Buckets of which files were written anew.
        files_before: Files of the table before.
        files_after: Files after; equal where nothing was to do.
    """

    group: str
    buckets: tuple[int, ...]
    files_before: int
    files_after: int


def worn_files(held: Sequence[DataFile]) -> list[DataFile]:
    """Return those of a bucket's files that are to be written anew."""
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
    """Return the files with marks of a table of this version, where few enough rows stand in them for the commits made.

    Where corrections reach all times new marks come with every batch; there the small files are joined again and again, each
    time the commits are counted from the start, and the marks stay.
    """
    marked = [file for file in files if file.hidden]
    commits = version - max((file.arranged_at for file in files), default=0)
    return marked if sum(file.rows for file in marked) <= commits * ROWS_A_COMMIT else []


def compact_group(spark: SparkSession, path: str, group: FeatureGroup, dry_run: bool = False) -> Compaction:
    """Write worn files anew, in one commit that changes no data.

    Raises:
        DefinitionDiffersError, NewVersionNeededError: The table differs from the definition.
        ConflictError: Other writers came before again and again; the table is as it was.
    """
    # Rows of another definition would be arranged without some of their columns.
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
    note = Commit(note={"compacted": len(worn)})
    rearrange(spark, path, names, lambda frame: arranged(frame, group, Spread(EVENT_TIME, rows, len(worn))), note)
    return Compaction(group.full_name, tuple(worn), len(files), file_count(spark, path))


def compact_where_due(spark: SparkSession, path: str, group: FeatureGroup) -> None:
    """The check at the end of a write, by the list of files in the log; by their number alone where none has marks."""
    # No bucket has files to join below that.
    if file_count(spark, path) > SPARE_FILES or can_mark_rows(spark, path):
        try:
            done = compact_group(spark, path, group)
        except ConflictError:
            # The batch is written; the next write, or maintenance, comes here again.
            return
        if done.buckets:
            LOG.info("feature group %s: %d files compacted to %d", group.full_name, done.files_before, done.files_after)
