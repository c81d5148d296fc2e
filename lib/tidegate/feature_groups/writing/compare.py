"""Step 5 of a write: compare the accepted rows with the stored ones, and count what each does to the table."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.errors import ContradictingRowsError
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME
from tidegate.feature_groups.writing.admit import AdmittedRows
from tidegate.feature_groups.writing.compaction import MOST_HIDDEN
from tidegate.feature_groups.writing.effects import CONCLUDED, EFFECT, KEPT, REPEATED, REPLACING
from tidegate.feature_groups.writing.full_states import in_scope, later_vanished, vanished_rows
from tidegate.feature_groups.writing.pairs import by_pairs, can_pair, is_first_load, stay_in_buckets
from tidegate.feature_groups.writing.settled import recent_rows, refuse_unsettling, settled_until
from tidegate.feature_groups.writing.shown_key import shown_key
from tidegate.feature_groups.writing.windows import Returned, by_windows
from tidegate.schema import quoted
from tidegate.tables.checkpoint import checkpointed
from tidegate.tables.commits.file_commit import can_mark_rows
from tidegate.tables.commits.places import FILE, with_places
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.read import table_bytes
from tidegate.tables.write import TimeBounds

# Up to so many keys go to every task instead of shuffling the table.
_BROADCAST_ROWS = 200_000


@dataclass(frozen=True)
class EffectCounts:
    """How many rows have each effect.

    Attributes:
        read: Of the rows of the batch.
        concluded: Of the tombstones that were concluded from full states.
        kept: Stored rows in `ComparedRows.rows` that stay in the table.
        replaced: Stored rows in `ComparedRows.rows` that don't.
    """

    read: Counter[str]
    concluded: Counter[str]
    kept: int
    replaced: int

    def rows(self, *effects: str) -> int:
        """Rows of these effects, read or concluded."""
        return sum(self.read[name] + self.concluded[name] for name in effects)


@dataclass(frozen=True)
class ComparedRows:
    """A batch beside its table. The caller holds the table's lock from before the comparison until the commit.

    Attributes:
        admitted: The batch.
        rows: The table's columns, `_effect`, `_concluded` and `_kept`, see `effects`; computed. They are the accepted rows, the
            tombstones that are concluded from full states, and the stored rows that `rewritten` or `touched` need.
        counts: How many there are of each.
        replacing: How many rows take the place of a stored one.
        rewritten: The buckets that are cheaper to rewrite than to merge into; `rows` holds all their stored rows. Else None.
        by_bucket: Whether `rows` are divided among tasks by their buckets.
        touched: Names of the files with rows that are replaced, where `rows` holds these, with their places in the files. Else
            None.
    """

    admitted: AdmittedRows
    rows: DataFrame
    counts: EffectCounts
    replacing: int
    rewritten: tuple[int, ...] | None
    by_bucket: bool
    touched: frozenset[str] | None


@dataclass(frozen=True)
class _Way:
    """How rows are compared.

    Attributes:
        whole: The buckets whose rows are compared whole, because they may be rewritten; None: related rows only.
        places: Whether the places of stored rows are wanted, to mark those that are replaced.
        settled: The moment below which nothing changes any more, if there is one.
    """

    whole: tuple[int, ...] | None
    places: bool
    settled: datetime | None


def compare(admitted: AdmittedRows) -> ComparedRows | None:
    """Find what each accepted row does to the table; two actions.

    Returns:
        None where the batch has several rows of one observation, which have to be put in order first.

    Raises:
        ContradictingRowsError: A row differs from the stored one of the same observation.
        SettledRowsError: A row would change what was known before the settled moment of the table.
    """
    target = admitted.target
    is_small = table_bytes(target.store.spark, target.path) <= target.limits.small_table
    whole = _buckets_to_hold(admitted, is_small)
    # Off local paths no lock keeps other writers from adding rows between the comparison and the commit, and Delta numbers the
    # rows of a file only where they can be marked.
    may_mark = target.limits.may_mark and whole is None and target.store.is_local
    places = may_mark and can_mark_rows(target.store.spark, target.path)
    way = _Way(whole, places, settled_until(target.store.spark, target.path))
    by_bucket = whole is not None and can_pair(target) and stay_in_buckets(target.store.spark, target.buckets)
    rows = checkpointed(_with_effects(admitted, way, by_bucket))
    counts, touched = _count(rows, places)
    if counts.rows(REPEATED):
        return None
    replacing = counts.rows(*REPLACING) if target.group.history == "latest" else counts.rows("replaced")
    if (places or whole is not None) and counts.replaced != replacing:
        raise RuntimeError(f"{target.path}: {replacing} rows would replace {counts.replaced}")
    # A MERGE into a larger table would hide so many rows that the buckets would be compacted next.
    is_cheaper = is_small or replacing * MOST_HIDDEN > counts.kept + counts.replaced
    compared = ComparedRows(admitted, rows, counts, replacing, whole if is_cheaper else None, by_bucket, touched)
    _refuse_contradictions(compared)
    refuse_unsettling(target.group, way.settled, counts.rows("late"))
    return compared


def _buckets_to_hold(admitted: AdmittedRows, is_small: bool) -> tuple[int, ...] | None:
    """Return the batch's buckets where they are so small, beside the batch, that rewriting them can be the cheapest."""
    target, counts = admitted.target, admitted.counts
    if not target.store.is_local or not (is_small or counts.accepted >= target.limits.fewest_for_rewrite):
        return None
    if is_small:
        return tuple(range(target.buckets))
    files = data_files(target.store.spark, target.path, BUCKET, EVENT_TIME)
    buckets = tuple(range(target.buckets)) if target.batch.state is not None else counts.buckets
    stored = sum(file.rows - file.hidden for file in files if int(file.partition) in buckets)
    return buckets if stored and counts.accepted * MOST_HIDDEN > stored else None


def _with_effects(admitted: AdmittedRows, way: _Way, by_bucket: bool) -> DataFrame:
    """Compare by the cheapest way that fits the table and the batch."""
    target, accepted = admitted.target, admitted.accepted
    if admitted.in_order and is_first_load(target):
        return accepted.selectExpr("*", f"false AS {CONCLUDED}", f"'inserted' AS {EFFECT}", f"CAST(NULL AS BOOLEAN) AS {KEPT}")
    if way.whole is not None and can_pair(target):
        stored = target.rows.where(F.col(BUCKET).isin(list(way.whole)))
        return by_pairs(target, accepted, stored, way.settled, admitted.in_order, by_bucket)
    related = _related_rows(admitted, way)
    rows = _with_concluded_rows(admitted, related, way.settled)
    returned: Returned = "and stored" if way.whole is not None else "and replaced" if way.places else "new"
    return by_windows(rows, related, target.group, way.settled, returned)


def _related_rows(admitted: AdmittedRows, way: _Way) -> DataFrame:
    """Return the stored rows of the batch's events, or more; literal bounds let the scan skip files."""
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
    """Return the accepted rows and the tombstones that the full states of the table, or the batch itself, call for."""
    target, accepted = admitted.target, admitted.accepted
    group, state = target.group, target.batch.state
    rows = accepted.withColumn(CONCLUDED, F.lit(False))
    if state is None and not target.marks:
        return rows
    seen = related.selectExpr(*map(quoted, group.stored_schema.names))
    tombstones = [] if state is None else [vanished_rows(seen, accepted, group, state)]
    later = later_vanished(seen, recent_rows(accepted, settled), group, target.marks, state)
    for more in [*tombstones, *([later] if later is not None else [])]:
        # Off local paths an erasure may remove the stored row before its tombstone, which has the same key, is committed.
        rows = rows.unionByName(admitted.check.without_suppressed(more).withColumn(CONCLUDED, F.lit(True)))
    return rows


def _count(compared: DataFrame, has_places: bool) -> tuple[EffectCounts, frozenset[str] | None]:
    """Count the rows of each effect, and name the files of the stored rows that are replaced."""
    read, concluded, stored, touched = Counter[str](), Counter[str](), Counter[bool](), set[str]()
    names_files = has_places and FILE in compared.columns
    # A set keeps Spark from compiling the aggregate, which shows where whole buckets are compared.
    files = [F.collect_set(F.when(~F.col(KEPT), F.substring_index(FILE, "/", -1))).alias("files")] if names_files else []
    for row in compared.groupBy(CONCLUDED, EFFECT, KEPT).agg(F.expr("count(1) AS rows"), *files).collect():
        if row[EFFECT]:
            (concluded if row[CONCLUDED] else read)[row[EFFECT]] += row["rows"]
        if row[KEPT] is not None:
            stored[row[KEPT]] += row["rows"]
        if names_files:
            touched |= set(row["files"])
    return EffectCounts(read, concluded, stored[True], stored[False]), frozenset(touched) if has_places else None


def _refuse_contradictions(compared: ComparedRows) -> None:
    found, group = compared.counts.rows("conflicting"), compared.admitted.target.group
    if found:
        example = compared.rows.where(f"{EFFECT} = 'conflicting'").select(shown_key(group).alias("key")).first()
        raise ContradictingRowsError(group.full_name, found, example["key"] if example else "")
