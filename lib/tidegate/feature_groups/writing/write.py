"""Write a batch into a feature group: refuse, compare with what is stored, commit what is new or newer."""

from collections import Counter
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.errors import ContradictingRowsError, ExpectationFailedError, InterruptedWriteError
from tidegate.expectations.row_checks import BROKEN, require_conditions
from tidegate.feature_groups.definition import TOMBSTONE, FeatureGroup
from tidegate.feature_groups.storage import create_group_table, stored_buckets
from tidegate.feature_groups.writing.batch import Batch, StateMark
from tidegate.feature_groups.writing.changes import commit_changes
from tidegate.feature_groups.writing.compaction import compact_where_due
from tidegate.feature_groups.writing.comparison import Comparison, UnorderedRowsError, compare, is_first_load
from tidegate.feature_groups.writing.expected import hold_back, refuse_mostly_held, refuse_unexpected
from tidegate.feature_groups.writing.full_states import require_scope
from tidegate.feature_groups.writing.incoming import (
    STANDING,
    IncomingFacts,
    completed,
    in_order,
    incoming_facts,
    judged,
    refuse_conflicts,
)
from tidegate.feature_groups.writing.outcomes import DERIVED, OUTCOME
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.settled import refuse_unsettling, settled_until
from tidegate.feature_groups.writing.shown_key import shown_key
from tidegate.feature_groups.writing.target import Target
from tidegate.quarantine.table import ORIGIN, Quarantine
from tidegate.schema import require_schema
from tidegate.subjects.suppression_check import suppression_check
from tidegate.tables.checkpoint import checkpointed
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.read import current_version, table_tokens
from tidegate.tables.store import Store

# Each round judges the batch by the newest suppression list and the newest buckets of the table. A person is forgotten once.
MOST_ROUNDS = 5


def write_group(
    store: Store,
    group: FeatureGroup,
    frame: DataFrame,
    batch: Batch = Batch(),
) -> WriteResult:
    """Write one batch by the write contract; the same batch again changes nothing.

    The caller has entered the group's table into the map of subjects. Rows of people who are forgotten while the batch is under
    way are refused like those of people who were forgotten before.

    Args:
        store: The store.
        group: The feature group.
        frame: Its fields, event_time, available_at (NULL: from the group's delay and the batch), where rows may be deleted a
            boolean `_tombstone`: from available_at on the row of this key and event_time no longer holds; and where it is
            known the rows' `_origin`, for the quarantine.
        batch: What is known of the batch.

    Raises:
        SchemaMismatchError: Columns or types differ from the definition; raised before any job starts.
        ExpectationConditionError: An expectation can't be checked on such columns; raised before any job starts.
        ExpectationFailedError: The batch breaks an expectation that stops it, or is a full state that rows would be held
            back from.
        HeldBackError: More rows would be held back than the group's definition allows.
        DuplicateRowsError: Two different rows claim the same key, event_time and available_at.
        ContradictingRowsError: A row differs from the stored one of the same key, event_time and available_at.
        SettledRowsError: A row would change what was known before the settled moment of the table.
        DefinitionDiffersError, NewVersionNeededError: The table differs from the definition; raised before any job starts.
        InterruptedWriteError: In every round people of the batch were forgotten, or maintenance changed the buckets, before the
            commit; nothing was written.
    """
    require_schema(frame.drop(TOMBSTONE, ORIGIN), group.schema, f"feature group {group.full_name}")
    require_conditions(frame, group.expectations, f"feature group {group.full_name}")
    if batch.state is not None:
        require_scope(group, batch.state)
    create_group_table(store, group)
    for _ in range(MOST_ROUNDS):
        written = _round(store, group, frame, batch)
        if written is not None:
            return written
    raise InterruptedWriteError(group.full_name, MOST_ROUNDS)


def _round(store: Store, group: FeatureGroup, frame: DataFrame, batch: Batch) -> WriteResult | None:
    """Judge the batch and write it; None, and no row is written, where people of it were forgotten or the buckets changed."""
    path = store.layout.feature_group(group.full_name)
    buckets, tokens = stored_buckets(store.spark, path, group), table_tokens(store.spark, path)
    if batch.is_applied(tokens):
        return WriteResult(group.full_name, current_version(store.spark, path), read=0, already_applied=True)
    marks = tuple(mark for mark in map(StateMark.from_token, tokens) if mark is not None)
    check = suppression_check(store, path, group.subjects)
    target = Target(store, path, group, buckets, marks, check)
    rows = judged(completed(frame, group, batch), group, buckets, check)
    with ThreadPoolExecutor(1, thread_name_prefix="tidegate") as beside:
        return _written(target, rows, batch, beside)


def _written(target: Target, rows: DataFrame, batch: Batch, beside: Executor) -> WriteResult | None:
    """Write judged rows; None where they have to be judged again."""
    if batch.state is None and not target.marks and not is_first_load(target, batch):
        # Most batches tell of each observation once, and to put them in order is a shuffle and a sort. The comparison, which
        # has both anyway, finds the others. What stops a batch, or is held back of it, is said of its rows in order.
        rows = checkpointed(rows)
        with suppress(UnorderedRowsError, ExpectationFailedError):
            return _write_winners(target, rows, batch, beside, ordered=False)
    return _write_winners(target, checkpointed(in_order(rows, target.group)), batch, beside, ordered=True)


def _write_winners(target: Target, staged: DataFrame, batch: Batch, beside: Executor, ordered: bool) -> WriteResult | None:
    """Write the winners among staged rows; none of them twice where they are in order."""
    store, spark, group = target.store, target.store.spark, target.group
    facts = incoming_facts(staged, group, target.buckets, beside)
    if facts.quarantined and not ordered:
        raise UnorderedRowsError
    refuse_conflicts(facts, staged, group)
    warnings = refuse_unexpected(store, facts, staged, group, batch)
    refuse_mostly_held(facts, staged, group)
    if facts.quarantined:
        # Before the data: a driver that is killed in between holds them back again, and finds them there.
        hold_back(Quarantine(store, group.full_name, bool(group.subjects)), staged, group, batch)
    winners = staged.where(F.col(STANDING) == "winner").drop(STANDING, BROKEN, ORIGIN)
    # From the comparison to the commit: another driver's commit in between would make the counts wrong.
    with exclusive(spark, target.path):
        # An evolution in between would be met by rows without its columns: that is refused here.
        if stored_buckets(spark, target.path, group) != target.buckets:
            return None
        check = target.check.renewed(staged.where(F.col(STANDING) != "suppressed"))
        if check is None:
            return None
        target = replace(target, check=check, settled=settled_until(spark, target.path))
        return replace(_store(target, winners, facts, batch, ordered), warnings=warnings)


def _store(target: Target, winners: DataFrame, facts: IncomingFacts, batch: Batch, ordered: bool) -> WriteResult:
    """Compare, count and commit."""
    comparison = compare(target, winners, facts, batch, ordered)
    _refuse_contradictions(target, comparison)
    refuse_unsettling(target.group, target.settled, comparison.counts.rows("late"))
    result = _result(target, comparison, facts)
    # Before the commit: what fails now is not written, and the next run does it all.
    statistics = facts.statistics()
    commit_changes(target, comparison, facts, batch, result)
    compact_where_due(target.store.spark, target.path, target.group)
    result = _without_late_rows(target, comparison, facts, result)
    version = current_version(target.store.spark, target.path)
    return replace(result, table_version=version, statistics=statistics if version != result.table_version else ())


def _without_late_rows(target: Target, comparison: Comparison, facts: IncomingFacts, result: WriteResult) -> WriteResult:
    """Remove the rows of people who were forgotten since the check under the lock, and count those of the batch as suppressed."""
    newest = target.check.remove_late_rows()
    if newest is None:
        return result
    late = newest.outcomes_of_suppressed(comparison.rows.where(~F.col(DERIVED)), OUTCOME)
    read = Counter({outcome: rows - late[outcome] for outcome, rows in comparison.counts.read.items()})
    counts = replace(comparison.counts, read=read)
    return _result(target, replace(comparison, counts=counts), replace(facts, suppressed=facts.suppressed + late.total()))


def _refuse_contradictions(target: Target, comparison: Comparison) -> None:
    found = comparison.counts.rows("conflicting")
    if found:
        rows = comparison.rows.where(F.col(OUTCOME) == "conflicting")
        example = rows.select(shown_key(target.group).alias("key")).first()
        raise ContradictingRowsError(target.group.full_name, found, example["key"] if example else "")


def _result(target: Target, comparison: Comparison, facts: IncomingFacts) -> WriteResult:
    read, derived = comparison.counts.read, comparison.counts.derived
    return WriteResult(
        group=target.group.full_name,
        table_version=current_version(target.store.spark, target.path),
        read=facts.read,
        inserted=read["inserted"],
        updated=read["updated"] + read["replaced"],
        reobserved=read["reobserved"],
        unchanged=read["unchanged"],
        older=facts.older + read["older"] + read["superseded"],
        collapsed=facts.collapsed,
        suppressed=facts.suppressed,
        quarantined=facts.quarantined,
        dropped=facts.dropped,
        vanished=sum(derived.values()) - derived["unchanged"],
    )
