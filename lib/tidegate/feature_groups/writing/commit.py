"""Step 6 of a write: commit the changes of the batch as one version of the table, in the cheapest way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyspark.sql import DataFrame

from tidegate.feature_groups.catalog.statistics import FeatureStatistics
from tidegate.feature_groups.changed_times import noted
from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME
from tidegate.feature_groups.storage import arranged, arranged_firsts
from tidegate.feature_groups.writing.compare import ComparedRows
from tidegate.feature_groups.writing.effects import KEPT, has_effect
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.schema import quoted
from tidegate.tables.buckets import Spread, newest_halved
from tidegate.tables.commits.commit_metadata import CHANGED, Commit
from tidegate.tables.commits.row_places import FILE, PLACE
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.rewrite import Copied, replace_copied, replace_partitions
from tidegate.tables.write import MergeRule, TimeBounds, append_exactly, append_rows, merge_rows, replace_marked


@dataclass(frozen=True)
class CommittedRows:
    """A batch whose changes are committed.

    Attributes:
        compared: The batch.
        result: The counts of the batch, as in the commit's note. Its `table_version` is the version before the commit.
        statistics: The statistics of the batch's features.
    """

    compared: ComparedRows
    result: WriteResult
    statistics: tuple[FeatureStatistics, ...]


def commit(compared: ComparedRows) -> CommittedRows | None:
    """Commit the new rows as one version. If no row is new, only a token that the log must keep is committed.

    Returns:
        The committed batch; None if it is a first load with several rows of one event, so that it must be ordered first. Nothing
        is committed then.
    """
    admitted = compared.admitted
    result = result_of(compared)
    # The statistics are computed before the commit. If this fails, nothing is written, and the next run repeats everything.
    statistics = admitted.counts.statistics()
    group, state = admitted.target.group, admitted.target.batch.state
    kept = ("inserted", "updated", "reobserved", "replaced", *(("older",) if group.history == "all" else ()))
    is_known = state is not None and state.mark in admitted.target.marks
    has_rows = compared.counts.rows(*kept) or (admitted.target.batch.is_always_committed and not is_known)
    if has_rows and not _commit(compared, kept, result):
        return None
    return CommittedRows(compared, result, statistics)


def result_of(compared: ComparedRows) -> WriteResult:
    """Return the counts of a batch in the form that the caller of the write gets."""
    counts, read, concluded = compared.admitted.counts, compared.counts.read, compared.counts.concluded
    return WriteResult(
        group=compared.admitted.target.group.full_name,
        table_version=compared.admitted.target.version,
        read=counts.read,
        inserted=read["inserted"],
        updated=read["updated"] + read["replaced"],
        reobserved=read["reobserved"],
        unchanged=read["unchanged"],
        older=counts.older + read["older"] + read["superseded"],
        collapsed=counts.collapsed,
        suppressed=counts.suppressed,
        quarantined=counts.quarantined,
        dropped=counts.dropped,
        vanished=sum(concluded.values()) - concluded["unchanged"],
        warnings=compared.admitted.warnings,
        newest_available_at=counts.newest,
    )


def _commit(compared: ComparedRows, kept: Sequence[str], result: WriteResult) -> bool:
    """Commit in the cheapest way, and return whether something was committed."""
    target, counts = compared.admitted.target, compared.counts
    group, new = target.group, counts.rows(*kept)
    note = {
        "batch": target.batch.id,
        "read": result.read,
        "vanished": result.vanished,
        **result.counts,
        CHANGED: noted(compared.changed),
    }
    commit = Commit(target.batch.token, note)
    changes = compared.rows.where(has_effect(kept)).selectExpr(*map(quoted, group.stored_schema.names))
    spread = Spread(EVENT_TIME, new, target.buckets)
    if compared.is_first:
        rows = arranged_firsts(changes, group, newest_halved(changes, spread))
        return append_exactly(rows, target.path, new, commit)
    if compared.replacing == 0 and target.store.is_local:
        append_rows(arranged(changes, group, newest_halved(changes, spread)), target.path, commit)
    elif compared.rewritten is not None:
        rows = compared.rows.where(f"{has_effect(kept)} OR {KEPT}")
        whole = Spread(EVENT_TIME, new + counts.kept, len(compared.rewritten), by_bucket=compared.by_bucket)
        replace_partitions(target.store.spark, target.path, arranged(rows, group, whole), (BUCKET, compared.rewritten), commit)
    elif (copied := _files_to_copy(compared, new)) is not None:

        def arrange(rows: DataFrame) -> DataFrame:
            return arranged(rows.unionByName(changes), group, replace(spread, count=copied.leaving))

        replace_copied(target.store.spark, target.path, arrange, copied, commit)
    elif compared.touched is not None:
        replace_marked(arranged(changes, group, spread), target.path, _replaced_places(compared), commit)
    else:
        merge_rows(target.store.spark, target.path, changes, _rule(compared), commit)
    return True


def _files_to_copy(compared: ComparedRows, new: int) -> Copied | None:
    """Return the files of the replaced rows if they have few rows in total; else None.

    Then it is better to rewrite these files than to mark rows as deleted: one mark slows readers down as much as many.
    """
    if compared.touched is None:
        return None
    target = compared.admitted.target
    files = data_files(target.store.spark, target.path, BUCKET, EVENT_TIME)
    touched = [file for file in files if file.name in compared.touched]
    held = sum(file.rows - file.hidden for file in touched)
    # If the log has no statistics of a file, its number of rows is not known.
    if held > target.sizes.copied_rows or not all(file.rows for file in touched):
        return None
    return Copied({file.path for file in touched}, _replaced_places(compared), held - compared.replacing + new)


def _replaced_places(compared: ComparedRows) -> DataFrame:
    return compared.rows.where(f"NOT {KEPT}").select(FILE, PLACE)


def _rule(compared: ComparedRows) -> MergeRule:
    """Return how a MERGE matches changes with stored rows. A full state gets no bounds: its tombstones can have any time."""
    target, counts = compared.admitted.target, compared.admitted.counts
    group, bounds, within = target.group, None, None
    if target.batch.state is None and counts.earliest is not None and counts.latest is not None:
        bounds = TimeBounds(EVENT_TIME, counts.earliest, counts.latest)
        listed = counts.listed_buckets if target.buckets > 1 else None
        within = f"_stored.`{BUCKET}` IN ({', '.join(map(str, listed))})" if listed else None
    # A row that another driver stored since the comparison must not be replaced by a row that became known earlier.
    newer = f"_change.`{AVAILABLE_AT}` > _stored.`{AVAILABLE_AT}`"
    if group.sequence:
        order = [f"struct({side}.`{AVAILABLE_AT}`, {side}.`{group.sequence}`)" for side in ("_change", "_stored")]
        newer = f"{order[0]} > {order[1]}"
    return MergeRule((*group.observation_key, BUCKET), bounds, within, newer, compared.replacing == 0)
