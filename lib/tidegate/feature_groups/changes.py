"""Which event times of a feature group changed between two versions of its table."""

from tidegate.feature_groups.changed_times import ChangedSpan, in_order, spans_in
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.tables.delta_log.commit_notes import CommitNote, commit_note
from tidegate.tables.store import Store
from tidegate.tables.versions import WITHOUT_ROWS


def changes_between(store: Store, group: FeatureGroup, after: int, until: int) -> tuple[ChangedSpan, ...] | None:
    """Return the event times that the commits after one version of a group's table changed, up to and including another version.

    Compaction, erasures and rows that repeat a known value are no changes. The result is None if nobody knows what changed: the
    log no longer has one of the commits, or somebody wrote to the table without tidegate. Only the log is read, and no Spark job
    starts.

    Args:
        store: The store.
        group: The feature group.
        after: The version whose rows are known already; -1: none are.
        until: The newest version to look at.
    """
    path, found = store.layout.feature_group(group.full_name), list[ChangedSpan]()
    for version in range(after + 1, until + 1):
        described = commit_note(store.spark, path, version)
        spans = None if described is None else _changed(described)
        if spans is None:
            return None
        found += spans
    return in_order(found)


def _changed(commit: CommitNote) -> tuple[ChangedSpan, ...] | None:
    spans = spans_in(commit.note)
    if spans is None and commit.operation in WITHOUT_ROWS:
        return ()
    return spans
