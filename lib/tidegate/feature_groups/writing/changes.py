"""Commit what a batch changes in its group's table by the cheapest way: append, write buckets or files anew, mark, MERGE."""

from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME
from tidegate.feature_groups.storage import arranged
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.comparison import Comparison
from tidegate.feature_groups.writing.incoming import IncomingFacts
from tidegate.feature_groups.writing.outcomes import FATE, GOES, STAYS, has_outcome
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.target import Target
from tidegate.schema import quoted
from tidegate.tables.buckets import Spread, newest_halved
from tidegate.tables.commits.commit_note import Commit
from tidegate.tables.commits.file_commit import FILE, PLACE
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.rewrite import Copied, replace_copied, replace_partitions
from tidegate.tables.write import MergeRule, TimeBounds, append_rows, merge_rows, replace_marked

# Up to so many rows in the files of replaced rows are written anew with the batch: that is two Spark jobs where marks are four,
# and a reader looks up each row of every file of a scan as soon as one file has a mark.
COPIED_ROWS = 50_000


def commit_changes(target: Target, comparison: Comparison, facts: IncomingFacts, batch: Batch, result: WriteResult) -> None:
    """Commit what is new in one version; nothing where nothing is new and no state has to be remembered."""
    group, counts = target.group, comparison.counts
    kept = ["inserted", "updated", "reobserved", "replaced", *(["older"] if group.history == "all" else [])]
    new, mark = counts.rows(*kept), None if batch.state is None else batch.state.mark
    if new == 0 and (mark is None or mark in target.marks):
        return
    commit = Commit(batch.token, {"batch": batch.id, "read": result.read, "vanished": result.vanished, **result.outcomes})
    changes = comparison.rows.where(has_outcome(kept)).selectExpr(*map(quoted, group.stored_schema.names))
    spread = Spread(EVENT_TIME, new, target.buckets)
    if comparison.replacing == 0 and target.store.is_local:
        append_rows(arranged(changes, group, newest_halved(changes, spread)), target.path, commit)
    elif comparison.anew is not None:
        rows = comparison.rows.where(f"{has_outcome(kept)} OR {FATE} = '{STAYS}'")
        whole = Spread(EVENT_TIME, new + counts.stored[STAYS], len(comparison.anew), by_bucket=comparison.by_bucket)
        replace_partitions(target.store.spark, target.path, arranged(rows, group, whole), (BUCKET, comparison.anew), commit)
    elif (copied := _files_to_copy(target, comparison, new)) is not None:

        def arrange(kept: DataFrame) -> DataFrame:
            return arranged(kept.unionByName(changes), group, replace(spread, count=copied.leaving))

        replace_copied(target.store.spark, target.path, arrange, copied, commit)
    elif comparison.touched is not None:
        replace_marked(arranged(changes, group, spread), target.path, _gone(comparison), commit)
    else:
        merge_rows(target.store.spark, target.path, changes, _rule(target, facts, batch, comparison.replacing == 0), commit)


def _files_to_copy(target: Target, comparison: Comparison, new: int) -> Copied | None:
    """Return the files of the replaced rows where few rows stand in all of them: one mark is as bad for readers as many."""
    if comparison.touched is None:
        return None
    files = data_files(target.store.spark, target.path, BUCKET, EVENT_TIME)
    touched = [file for file in files if file.name in comparison.touched]
    held = sum(file.rows - file.hidden for file in touched)
    # Where the log has no statistics it is not known how many rows there are.
    if held > COPIED_ROWS or not all(file.rows for file in touched):
        return None
    return Copied({file.path for file in touched}, _gone(comparison), held - comparison.replacing + new)


def _gone(comparison: Comparison) -> DataFrame:
    return comparison.rows.where(F.col(FATE) == GOES).select(FILE, PLACE)


def _rule(target: Target, facts: IncomingFacts, batch: Batch, only_inserts: bool) -> MergeRule:
    """How changes meet stored rows. Concluded tombstones of a full state can lie anywhere in its scope."""
    group = target.group
    bounds, within = None, None
    if batch.state is None and facts.earliest is not None and facts.latest is not None:
        bounds = TimeBounds(EVENT_TIME, facts.earliest, facts.latest)
        listed = facts.listed_buckets if target.buckets > 1 else None
        within = f"_stored.`{BUCKET}` IN ({', '.join(map(str, listed))})" if listed else None
    # What another driver stored since the comparison is not replaced by something known earlier.
    newer = f"_change.`{AVAILABLE_AT}` > _stored.`{AVAILABLE_AT}`"
    if group.sequence:
        order = [f"struct({side}.`{AVAILABLE_AT}`, {side}.`{group.sequence}`)" for side in ("_change", "_stored")]
        newer = f"{order[0]} > {order[1]}"
    return MergeRule((*group.observation_key, BUCKET), bounds, within, newer, only_inserts)
