"""Write a batch into a feature group: refuse, compare with what is stored, commit what is new or newer."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.errors import ContradictingRowsError
from tidegate.feature_groups.batch import Batch, StateMark
from tidegate.feature_groups.compaction import compact_where_due
from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.full_states import in_scope, later_vanished, require_scope, vanished_rows
from tidegate.feature_groups.incoming import (
    STANDING,
    IncomingFacts,
    completed,
    incoming_facts,
    refuse_bad_rows,
    with_standing,
)
from tidegate.feature_groups.outcomes import DERIVED, OUTCOME, related_rows, with_outcome
from tidegate.feature_groups.result import WriteResult
from tidegate.feature_groups.settled import recent_rows, refuse_unsettling, settled_until
from tidegate.feature_groups.shown_key import shown_key
from tidegate.feature_groups.storage import arranged, create_group_table, stored_buckets
from tidegate.schema import require_schema
from tidegate.subjects.suppression import Suppression
from tidegate.tables.commit_lock import exclusive
from tidegate.tables.commit_note import Commit
from tidegate.tables.layout import Layout
from tidegate.tables.paths import is_local
from tidegate.tables.read import current_version, file_count, read_table, table_tokens
from tidegate.tables.write import MergeRule, TimeBounds, append_rows, merge_rows


@dataclass(frozen=True)
class _Target:
    """The group's table as a write finds it."""

    spark: SparkSession
    path: str
    group: FeatureGroup
    buckets: int
    marks: tuple[StateMark, ...]
    settled: datetime | None = None

    @property
    def rows(self) -> DataFrame:
        return read_table(self.spark, self.path)


@dataclass(frozen=True)
class _Counts:
    """How many rows met which outcome, of those read and of those concluded from full states."""

    read: Counter[str]
    derived: Counter[str]

    def rows(self, *outcomes: str) -> int:
        return sum(self.read[name] + self.derived[name] for name in outcomes)


def write_group(
    spark: SparkSession,
    layout: Layout,
    group: FeatureGroup,
    frame: DataFrame,
    suppression: Suppression | None,
    batch: Batch = Batch(),
) -> WriteResult:
    """Write one batch by the write contract; the same batch again changes nothing.

    The caller has entered the group's table into the map of subjects.

    Args:
        spark: The session.
        layout: Where the store lies.
        group: The feature group.
        frame: Its fields, event_time, available_at (NULL: from the group's delay and the batch), and where rows may be
            deleted a boolean `_tombstone`: from available_at on the row of this key and event_time no longer holds.
        suppression: Erased subjects; None where there are none.
        batch: What is known of the batch.

    Raises:
        SchemaMismatchError: Columns or types differ from the definition; raised before any job starts.
        NullKeyError: A row lacks a part of its key or its event_time.
        DuplicateRowsError: Two different rows claim the same key, event_time and available_at.
        ContradictingRowsError: A row differs from the stored one of the same key, event_time and available_at.
        SettledRowsError: A row would change what was known before the settled moment of the table.
        DefinitionDiffersError, NewVersionNeededError: The table differs from the definition; raised before any job starts.
    """
    require_schema(frame.drop(TOMBSTONE), group.schema, f"feature group {group.full_name}")
    if batch.state is not None:
        require_scope(group, batch.state)
    path = create_group_table(spark, layout, group)
    buckets, tokens = stored_buckets(spark, path, group), table_tokens(spark, path)
    if batch.is_applied(tokens):
        return WriteResult(group.full_name, current_version(spark, path), read=0, already_applied=True)
    marks = tuple(mark for mark in map(StateMark.from_token, tokens) if mark is not None)
    target = _Target(spark, path, group, buckets, marks)
    # Not persist(): what follows would plan the whole transformation again, three times, which costs more than small data.
    # A lost executor fails the run, as it does in Delta's own MERGE; the next run repeats it.
    rows = completed(frame, group, batch)
    staged = with_standing(rows, group, target.buckets, suppression).localCheckpoint(eager=False)
    facts = incoming_facts(staged)
    refuse_bad_rows(facts, staged, group)
    winners = staged.where(F.col(STANDING) == "winner").drop(STANDING)
    # From the comparison to the commit: another driver's commit in between would make the counts wrong.
    with exclusive(spark, path):
        # An evolution in between would be met by rows without its columns: that is refused here.
        if stored_buckets(spark, path, group) == target.buckets:
            return _store(replace(target, settled=settled_until(spark, path)), winners, facts, batch)
    # Maintenance gave the table other buckets meanwhile: these rows name the old ones.
    return write_group(spark, layout, group, frame, suppression, batch)


def _store(target: _Target, winners: DataFrame, facts: IncomingFacts, batch: Batch) -> WriteResult:
    """Compare, count and commit."""
    compared = _compared(target, winners, facts, batch).localCheckpoint(eager=False)
    counts = _count(compared)
    if counts.rows("conflicting"):
        example = compared.where(F.col(OUTCOME) == "conflicting").select(shown_key(target.group).alias("key")).first()
        raise ContradictingRowsError(target.group.full_name, counts.rows("conflicting"), example["key"] if example else "")
    refuse_unsettling(target.group, target.settled, counts.rows("late"))
    result = WriteResult(
        group=target.group.full_name,
        table_version=current_version(target.spark, target.path),
        read=facts.read,
        inserted=counts.read["inserted"],
        updated=counts.read["updated"] + counts.read["replaced"],
        reobserved=counts.read["reobserved"],
        unchanged=counts.read["unchanged"],
        older=facts.older + counts.read["older"] + counts.read["superseded"],
        collapsed=facts.collapsed,
        suppressed=facts.suppressed,
        vanished=sum(counts.derived.values()) - counts.derived["unchanged"],
    )
    _commit(target, compared, counts, facts, batch, result)
    compact_where_due(target.spark, target.path, target.group)
    return replace(result, table_version=current_version(target.spark, target.path))


def _compared(target: _Target, winners: DataFrame, facts: IncomingFacts, batch: Batch) -> DataFrame:
    """The rows of the batch, and the tombstones that full states tell of, each with its outcome."""
    group, state = target.group, batch.state
    if state is None and not target.marks and group.history == "latest" and file_count(target.spark, target.path) == 0:
        # A first load has nothing to be compared with.
        return winners.select("*", F.lit(False).alias(DERIVED), F.lit("inserted").alias(OUTCOME))
    related = related_rows(target.rows, winners, group, facts) if state is None else in_scope(target.rows, state)
    rows = winners.withColumn(DERIVED, F.lit(False))
    tombstones = [] if state is None else [vanished_rows(related, winners, group, state)]
    later = later_vanished(related, recent_rows(winners, target.settled), group, target.marks, state)
    for more in [*tombstones, *([later] if later is not None else [])]:
        rows = rows.unionByName(more.withColumn(DERIVED, F.lit(True)))
    return with_outcome(rows, related, group, target.settled)


def _count(compared: DataFrame) -> _Counts:
    counts = _Counts(Counter(), Counter())
    for row in compared.groupBy(DERIVED, OUTCOME).count().collect():
        (counts.derived if row[DERIVED] else counts.read)[row[OUTCOME]] += row["count"]
    return counts


def _commit(
    target: _Target, compared: DataFrame, counts: _Counts, facts: IncomingFacts, batch: Batch, result: WriteResult
) -> None:
    """Commit what is new in one version; nothing where nothing is new and no state has to be remembered."""
    group = target.group
    kept = ["inserted", "updated", "reobserved", "replaced", *(["older"] if group.history == "all" else [])]
    new, mark = counts.rows(*kept), None if batch.state is None else batch.state.mark
    if new == 0 and (mark is None or mark in target.marks):
        return
    commit = Commit(batch.token, {"batch": batch.id, "read": result.read, "vanished": result.vanished, **result.outcomes})
    changes = compared.where(F.col(OUTCOME).isin(kept)).drop(DERIVED, OUTCOME)
    replaces = counts.rows("replaced") + (counts.rows("updated", "reobserved") if group.history == "latest" else 0)
    if replaces == 0 and is_local(target.path):
        append_rows(arranged(changes, group, new, target.buckets), target.path, commit)
        return
    merge_rows(target.spark, target.path, changes, _rule(target, facts, batch, replaces == 0), commit)


def _rule(target: _Target, facts: IncomingFacts, batch: Batch, only_inserts: bool) -> MergeRule:
    """How changes meet stored rows. Concluded tombstones of a full state can lie anywhere in its scope."""
    group = target.group
    bounds, within = None, None
    if batch.state is None and facts.earliest is not None and facts.latest is not None:
        bounds = TimeBounds(EVENT_TIME, facts.earliest, facts.latest)
        listed = facts.listed_buckets if target.buckets > 1 else None
        within = f"stored.`{BUCKET}` IN ({', '.join(map(str, listed))})" if listed else None
    # What another driver stored since the comparison is not replaced by something known earlier.
    newer = f"change.`{AVAILABLE_AT}` > stored.`{AVAILABLE_AT}`"
    if group.sequence:
        order = [f"struct({side}.`{AVAILABLE_AT}`, {side}.`{group.sequence}`)" for side in ("change", "stored")]
        newer = f"{order[0]} > {order[1]}"
    return MergeRule((*group.observation_key, BUCKET), bounds, within, newer, only_inserts)
