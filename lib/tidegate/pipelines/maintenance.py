"""The maintenance of a store: apply retention, collapse runs of equal values, compact files, and remove unneeded files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.storage import require_same_definitions
from tidegate.feature_groups.writing.compaction import Compaction, compact_group
from tidegate.feature_groups.writing.delete import DeleteResult
from tidegate.feature_groups.writing.settled_moment import Collapse, collapse_group
from tidegate.maintenance.groups import purge_old_rows
from tidegate.moments import require_moment
from tidegate.progress import timed_step
from tidegate.subjects.unmapped_tables import tables_under_root
from tidegate.tables.create import table_exists
from tidegate.tables.read import file_count
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store
from tidegate.tables.unneeded_files import remove_unneeded_files, unneeded_files
from tidegate.tables.write import optimize_table

# The run table gets two files for each job. Up to this many small files are read as fast as one.
MOST_SMALL_FILES = 16


@dataclass(frozen=True)
class MaintenanceResult:
    """What a maintenance did or, with `dry_run`, would do.

    Attributes:
        purged: The deletions in groups with a retention.
        collapsed: The collapsed runs of equal values, in groups with `collapse_after`.
        compacted: The compaction of every group.
        joined: Tables other than feature groups whose small files were joined.
        unneeded: For each table, how many files were removed because none of its kept versions needs them; at most a thousand are
            counted. They include files that killed drivers left behind, once these are older than the oldest kept version.
        foreign: Delta tables under the root that are not the store's. They were not changed, and neither were the files of a
            table whose folder contains one of them.
    """

    purged: tuple[DeleteResult, ...]
    collapsed: tuple[Collapse, ...]
    compacted: tuple[Compaction, ...]
    joined: tuple[str, ...]
    unneeded: Mapping[str, int]
    foreign: tuple[str, ...] = ()


def run_maintenance(store: Store, groups: Sequence[FeatureGroup], now: datetime, dry_run: bool = False) -> MaintenanceResult:
    """Maintain every table of the store.

    It is safe to run while others write, and to run again if it is killed at any point. A Delta table under the root that belongs
    to a source, or that the store does not know, is never written to.

    Args:
        store: The store.
        groups: The definitions of feature groups, with their retention and `collapse_after`. In tables of other groups, only
            unneeded files are removed.
        now: The time from which retention and `collapse_after` are counted back.
        dry_run: Whether to return what would be done, and change nothing.

    Raises:
        NaiveMomentError: `now` has no time zone.
        DefinitionDiffersError, NewVersionNeededError: A table differs from its definition. Nothing was changed.
    """
    require_moment(now, "the moment of a maintenance")
    if dry_run:
        return _maintained(store, groups, now, dry_run=True)
    with recorded_run(store.spark, store.layout.runs, "maintain", "", now.isoformat()) as run:
        result = _maintained(store, groups, now, dry_run=False)
        run.details.update(
            purged=str(sum(item.rows for item in result.purged)),
            collapsed=str(sum(item.rows for item in result.collapsed)),
            compacted=str(sum(1 for item in result.compacted if item.buckets)),
            unneeded_files=str(sum(result.unneeded.values())),
        )
    return result


def _maintained(store: Store, groups: Sequence[FeatureGroup], now: datetime, dry_run: bool) -> MaintenanceResult:
    require_same_definitions(store, groups)
    paths = {group.full_name: store.layout.feature_group(group.full_name) for group in groups}
    written = [group for group in groups if table_exists(store.spark, paths[group.full_name])]
    with timed_step("retention"):
        purged = [purge_old_rows(store, group, now, dry_run) for group in written]
    with timed_step("runs of equal values"):
        collapsed = [collapse_group(store.spark, paths[group.full_name], group, now, dry_run) for group in written]
    with timed_step("compaction"):
        compacted = [compact_group(store.spark, paths[group.full_name], group, dry_run) for group in written]
        under_root = tables_under_root(store)
        joined = _join_small_files(store, under_root.own, dry_run)
    with timed_step("unneeded files"):
        unneeded = _unneeded(store, under_root.writable, dry_run)
    return MaintenanceResult(
        tuple(item for item in purged if item is not None),
        tuple(item for item in collapsed if item is not None),
        tuple(compacted),
        tuple(joined),
        unneeded,
        under_root.foreign,
    )


def _join_small_files(store: Store, tables: Sequence[str], dry_run: bool) -> list[str]:
    others = [path for path in tables if not path.startswith("feature_groups/")]
    joined = [path for path in others if file_count(store.spark, store.layout.absolute(path)) > MOST_SMALL_FILES]
    if not dry_run:
        for path in joined:
            optimize_table(store.spark, store.layout.absolute(path))
    return joined


def _unneeded(store: Store, tables: Sequence[str], dry_run: bool) -> dict[str, int]:
    counts = {}
    for path in tables:
        table = store.layout.absolute(path)
        found = len(unneeded_files(store.spark, table))
        if found:
            counts[path] = found
            if not dry_run:
                remove_unneeded_files(store.spark, table)
    return counts
