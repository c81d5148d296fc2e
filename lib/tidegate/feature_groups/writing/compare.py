"""Step 5 of a write: compare the accepted rows with the stored ones, find the effect of each row, and count the effects."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from tidegate.errors import ContradictingRowsError, ImmutableRowsError
from tidegate.feature_groups.changed_times import ChangedSpan, cell_of, span_columns, span_of, spans_by_cell
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME
from tidegate.feature_groups.writing.admit import AdmittedRows
from tidegate.feature_groups.writing.compaction import MOST_HIDDEN
from tidegate.feature_groups.writing.effects import (
    CHANGING,
    CONCLUDED,
    EFFECT,
    KEPT,
    NEWS,
    NOTHING_STORED,
    REPEATED,
    REPLACING,
    EffectCounts,
    has_effect,
)
from tidegate.feature_groups.writing.full_states import in_scope, later_vanished, vanished_rows
from tidegate.feature_groups.writing.pairs import by_pairs, can_pair, is_first_load, is_written_at_once, stay_in_buckets
from tidegate.feature_groups.writing.settled_moment import recent_rows, refuse_unsettling, settled_until
from tidegate.feature_groups.writing.shown_key import shown_key
from tidegate.feature_groups.writing.windows import Returned, by_windows
from tidegate.schema import quoted
from tidegate.tables.checkpoint import checkpointed
from tidegate.tables.commits.file_commit import can_mark_rows
from tidegate.tables.commits.row_places import FILE, with_places
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.read import table_bytes
from tidegate.tables.write import TimeBounds

# Up to this many keys, Spark sends the keys to every task and does not shuffle the table.
_BROADCAST_ROWS = 200_000
_CELL = "_cell"


@dataclass(frozen=True)
class ComparedRows:
    """A batch that was compared with its table. The caller holds the table's lock from before the comparison until the commit.

    Attributes:
        admitted: The batch.
        rows: The accepted rows, the tombstones that are concluded from full states, and the stored rows that `rewritten` or
            `touched` need. The columns are those of the table and `_effect`, `_concluded` and `_kept`, which the module
            `effects` explains. The rows are already computed.
        counts: The number of rows with each effect.
        replacing: The number of rows that replace a stored row.
        rewritten: The buckets that should be rewritten, because that is cheaper than a MERGE into them. `rows` then contains all
            their stored rows. None if no bucket should be rewritten.
        by_bucket: Whether `rows` are divided among tasks by bucket.
        touched: The names of the files with rows that are replaced. `rows` then contains these rows and their positions in the
            files. None if the positions are not known.
        changed: The event times of the rows that change what is known now.
        is_first: Whether the table has no rows, and the batch was not ordered. The commit must check that each event has one row.
    """

    admitted: AdmittedRows
    rows: DataFrame
    counts: EffectCounts
    replacing: int
    rewritten: tuple[int, ...] | None
    by_bucket: bool
    touched: frozenset[str] | None
    changed: tuple[ChangedSpan, ...]
    is_first: bool = False


@dataclass(frozen=True)
class _Way:
    """How the rows of a batch are compared with the stored rows.

    Attributes:
        whole: The buckets of which all stored rows are compared, because they may be rewritten. None if only stored rows of the
            batch's events are compared.
        places: Whether the positions of stored rows in their files are needed, to mark the replaced ones as deleted.
        settled: The settled moment of the table: what was known before it can't change any more. None if there is none.
    """

    whole: tuple[int, ...] | None
    places: bool
    settled: datetime | None


def compare(admitted: AdmittedRows) -> ComparedRows | None:
    """Find the effect of each accepted row on the table. This runs two actions.

    Returns:
        The compared rows; None if the batch has several rows of one observation and must be ordered first.

    Raises:
        ContradictingRowsError: A row has other values than the stored row of the same observation.
        ImmutableRowsError: A row would change a stored row of an immutable group.
        SettledRowsError: A row would change what was known before the settled moment of the table.
    """
    target = admitted.target
    if not admitted.in_order and is_written_at_once(target):
        return _first_rows(admitted)
    is_small = table_bytes(target.store.spark, target.path) <= target.sizes.small_table
    whole = _buckets_to_hold(admitted, is_small)
    # Rows are marked only in local tables. Elsewhere no lock prevents other writers from adding rows between the comparison and
    # the commit. The positions of rows are known only in tables with deletion vectors.
    may_mark = target.sizes.may_mark and whole is None and target.store.is_local
    places = may_mark and can_mark_rows(target.store.spark, target.path)
    way = _Way(whole, places, settled_until(target.store.spark, target.path))
    by_bucket = whole is not None and can_pair(target) and stay_in_buckets(target.store.spark, target.buckets)
    rows = checkpointed(_with_effects(admitted, way, by_bucket))
    cell = cell_of(has_effect(NEWS), admitted.counts.earliest, admitted.counts.latest)
    counts, touched, changed = _count(rows, cell, places)
    if counts.rows(REPEATED):
        return None
    replacing = counts.rows(*REPLACING) if target.group.history == "latest" else counts.rows("replaced")
    if (places or whole is not None) and counts.replaced != replacing:
        raise RuntimeError(f"{target.path}: {replacing} rows would replace {counts.replaced}")
    # If this many rows of a larger table were only marked as deleted, compaction would rewrite the buckets right afterwards.
    is_cheaper = is_small or replacing * MOST_HIDDEN > counts.kept + counts.replaced
    compared = ComparedRows(admitted, rows, counts, replacing, whole if is_cheaper else None, by_bucket, touched, changed)
    _refuse_contradictions(compared)
    refuse_unsettling(target.group, way.settled, counts.rows("late"))
    return compared


def _buckets_to_hold(admitted: AdmittedRows, is_small: bool) -> tuple[int, ...] | None:
    """Return the buckets of the batch if they are so small, compared with the batch, that it may be cheapest to rewrite them."""
    target, counts = admitted.target, admitted.counts
    if not target.store.is_local or not (is_small or counts.accepted >= target.sizes.fewest_for_rewrite):
        return None
    if is_small:
        return tuple(range(target.buckets))
    files = data_files(target.store.spark, target.path, BUCKET, EVENT_TIME)
    buckets = tuple(range(target.buckets)) if target.batch.state is not None else counts.buckets
    stored = sum(file.rows - file.hidden for file in files if int(file.partition) in buckets)
    return buckets if stored and counts.accepted * MOST_HIDDEN > stored else None


def _first_rows(admitted: AdmittedRows) -> ComparedRows:
    """Return the rows of a batch for a table without rows. All are new; the commit checks that each event has only one."""
    counts = EffectCounts(Counter({"inserted": admitted.counts.accepted}), Counter(), 0, 0)
    rows = admitted.accepted.selectExpr("*", *NOTHING_STORED)
    earliest, latest = admitted.counts.earliest, admitted.counts.latest
    changed = () if earliest is None or latest is None else spans_by_cell(rows, earliest, latest)
    return ComparedRows(admitted, rows, counts, 0, None, False, None, changed, is_first=True)


def _with_effects(admitted: AdmittedRows, way: _Way, by_bucket: bool) -> DataFrame:
    """Compare the rows in the cheapest way that works for this table and this batch."""
    target, accepted = admitted.target, admitted.accepted
    if admitted.in_order and is_first_load(target):
        return accepted.selectExpr("*", *NOTHING_STORED)
    if way.whole is not None and can_pair(target):
        stored = target.rows.where(F.col(BUCKET).isin(list(way.whole)))
        return by_pairs(target, accepted, stored, way.settled, admitted.in_order, by_bucket)
    related = _related_rows(admitted, way)
    rows = _with_concluded_rows(admitted, related, way.settled)
    returned: Returned = "and stored" if way.whole is not None else "and replaced" if way.places else "new"
    return by_windows(rows, related, target.group, way.settled, returned)


def _related_rows(admitted: AdmittedRows, way: _Way) -> DataFrame:
    """Return the stored rows of the batch's events, and maybe others. With literal bounds, the scan can skip files."""
    target, counts, state = admitted.target, admitted.counts, admitted.target.batch.state
    stored = with_places(target.rows) if way.places else target.rows
    if way.whole is not None:
        return stored.where(F.col(BUCKET).isin(list(way.whole)))
    if state is not None:
        return in_scope(stored, state)
    if counts.earliest is None or counts.latest is None:
        return stored.limit(0)
    condition = TimeBounds(EVENT_TIME, counts.earliest, counts.latest).condition()
    if counts.listed_buckets is not None:
        condition += f" AND {BUCKET} IN ({', '.join(map(str, counts.listed_buckets))})"
    event = [*target.group.entity_key, EVENT_TIME]
    keys = admitted.accepted.select(*event)
    if counts.accepted <= _BROADCAST_ROWS:
        keys = F.broadcast(keys)
    return stored.where(condition).join(keys, on=event, how="left_semi")


def _with_concluded_rows(admitted: AdmittedRows, related: DataFrame, settled: datetime | None) -> DataFrame:
    """Return the accepted rows and the tombstones that follow from the full states of the table or from the batch itself."""
    target, accepted = admitted.target, admitted.accepted
    group, state = target.group, target.batch.state
    rows = accepted.withColumn(CONCLUDED, F.lit(False))
    if state is None and not target.marks:
        return rows
    seen = related.selectExpr(*map(quoted, group.stored_schema.names))
    tombstones = [] if state is None else [vanished_rows(seen, accepted, group, state)]
    later = later_vanished(seen, recent_rows(accepted, settled), group, target.marks, state)
    for more in [*tombstones, *([later] if later is not None else [])]:
        # In tables that are not local, an erasure may remove a stored row before its tombstone, with the same key, is committed.
        rows = rows.unionByName(admitted.check.without_suppressed(more).withColumn(CONCLUDED, F.lit(True)))
    return rows


def _count(
    compared: DataFrame, cell: Column, has_places: bool
) -> tuple[EffectCounts, frozenset[str] | None, tuple[ChangedSpan, ...]]:
    """Count the rows of each effect. Return also the files with rows that are replaced, and the changed event times.

    Args:
        compared: The rows.
        cell: The cell of a row that is a change, as `cell_of` returns it; NULL for the other rows.
        has_places: Whether the files of stored rows are known.
    """
    read, concluded, stored, touched = Counter[str](), Counter[str](), Counter[bool](), set[str]()
    names_files = has_places and FILE in compared.columns
    # With `collect_set`, Spark can't compile the aggregation. That costs much if whole buckets are compared.
    files = [F.collect_set(F.when(~F.col(KEPT), F.substring_index(FILE, "/", -1))).alias("files")] if names_files else []
    by_cell = compared.groupBy(CONCLUDED, EFFECT, KEPT, cell.alias(_CELL))
    changed: dict[int, list[Row]] = defaultdict(list)
    for row in by_cell.agg(F.expr("count(1) AS rows"), *span_columns(), *files).collect():
        if row[EFFECT]:
            (concluded if row[CONCLUDED] else read)[row[EFFECT]] += row["rows"]
        if row[KEPT] is not None:
            stored[row[KEPT]] += row["rows"]
        if row[_CELL] is not None:
            changed[row[_CELL]].append(row)
        if names_files:
            touched |= set(row["files"])
    counts = EffectCounts(read, concluded, stored[True], stored[False])
    return counts, frozenset(touched) if has_places else None, tuple(map(span_of, changed.values()))


def _refuse_contradictions(compared: ComparedRows) -> None:
    group = compared.admitted.target.group
    effect = CHANGING if group.immutable else "conflicting"
    found = compared.counts.rows(effect)
    if found:
        example = compared.rows.where(f"{EFFECT} = '{effect}'").select(shown_key(group).alias("key")).first()
        error = ImmutableRowsError if group.immutable else ContradictingRowsError
        raise error(group.full_name, found, example["key"] if example else "")
