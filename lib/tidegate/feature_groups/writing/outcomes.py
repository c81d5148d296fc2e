"""Compare the rows of a batch with the stored ones: what is new, what is newer, what was known already."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.values import row_values
from tidegate.feature_groups.writing.incoming import IncomingFacts
from tidegate.moments import moment_column, moment_literal
from tidegate.schema import named_struct, quoted, text_literal
from tidegate.tables.write import TimeBounds

OUTCOME = "_outcome"
# Whether a row was concluded from a full state rather than read.
DERIVED = "_derived"
# What becomes of a stored row beside the batch: it holds on, or a row of the batch replaces it.
FATE = "_fate"
STAYS, GOES = "stays", "goes"
# Outcomes of rows that take the place of the stored one where the table keeps one row an event.
REPLACING = ("replaced", "updated", "reobserved")
# A row of the batch beside another one of the same observation: which of them counts is to be told first.
REPEATED = "repeated"
# Whether a row is a stored one, in the comparison.
STORED = "_stored"
# Up to so many keys go to every task instead of shuffling the table.
_BROADCAST_ROWS = 200_000


def has_outcome(outcomes: Sequence[str]) -> str:
    """Return SQL of whether a compared row has one of these outcomes."""
    return f"{OUTCOME} IN ({', '.join(map(text_literal, outcomes))})"


def related_rows(stored: DataFrame, winners: DataFrame, group: FeatureGroup, facts: IncomingFacts) -> DataFrame:
    """Return the stored rows of the batch's keys and event_times; literal bounds let the scan skip files.

    Args:
        stored: The table's own columns.
        winners: Rows of the batch.
        group: The feature group.
        facts: Where the winners lie.
    """
    if facts.earliest is None or facts.latest is None:
        return stored.limit(0)
    condition = TimeBounds(EVENT_TIME, facts.earliest, facts.latest).condition()
    if facts.listed_buckets is not None:
        condition += f" AND {BUCKET} IN ({', '.join(map(str, facts.listed_buckets))})"
    near = stored.where(condition)
    keys = winners.select(*group.entity_key, EVENT_TIME)
    if facts.winners <= _BROADCAST_ROWS:
        keys = F.broadcast(keys)
    return near.join(keys, on=[*group.entity_key, EVENT_TIME], how="left_semi")


def with_outcome(
    rows: DataFrame,
    related: DataFrame,
    group: FeatureGroup,
    settled: datetime | None = None,
    keep: Literal["none", "goes", "all"] = "none",
) -> DataFrame:
    """Add `_outcome` to new rows: inserted, updated, reobserved, unchanged, older, replaced, superseded, conflicting, late.

    One shuffle and one sort of the new rows with the stored rows of their keys. `updated` says that the value differs from
    the one known before, also where that one stays beside it (`history="all"`); `replaced` and `superseded` are settled by
    the sequence among rows of one moment; `late` rows would change what was known before the settled moment.

    Args:
        rows: Columns of the table and `_derived`.
        related: The stored rows of their keys and event_times; further columns of theirs are kept, NULL for new rows.
        group: The feature group.
        settled: The moment below which nothing changes any more, if there is one.
        keep: Which stored rows to return as well, without an outcome; their `_fate` is `stays` or `goes`.
    """
    columns = [*rows.drop(DERIVED).columns, *(name for name in related.columns if name not in rows.columns)]
    named = [quoted(name) for name in columns]
    stored = related.selectExpr(*named, f"false AS {DERIVED}", f"true AS {STORED}")
    sides = stored.unionByName(rows.withColumn(STORED, F.lit(False)), allowMissingColumns=True)
    event = ", ".join(map(quoted, (*group.entity_key, EVENT_TIME)))
    in_order = f"PARTITION BY {event} ORDER BY {AVAILABLE_AT}, {STORED} DESC"
    marked = sides.selectExpr("*", *_around(group, in_order))
    outcome = outcome_of(group, settled)
    if keep == "none":
        return marked.where(f"NOT {STORED}").selectExpr(*named, DERIVED, f"{outcome} AS {OUTCOME}", f"'' AS {FATE}")
    marked = marked.withColumn(OUTCOME, F.expr(f"if({STORED}, '', {outcome})"))
    # Of the latest observations one stays; of all of them, each but the one that a higher sequence replaces.
    replacing = ", ".join(map(text_literal, REPLACING if group.history == "latest" else ("replaced",)))
    is_replaced = f"coalesce(lead({OUTCOME}) OVER ({in_order}) IN ({replacing}), false)"
    fate = f"CASE WHEN NOT {STORED} THEN '' WHEN {is_replaced} THEN '{GOES}' ELSE '{STAYS}' END AS {FATE}"
    compared = marked.selectExpr(*named, DERIVED, OUTCOME, fate)
    return compared if keep == "all" else compared.where(F.col(FATE) != STAYS)


def _around(group: FeatureGroup, in_order: str) -> tuple[str, ...]:
    """Return SQL of the row known before each row of its event, when the newest was known, and how many were read."""
    known = [(STORED, STORED), (DERIVED, DERIVED), *told_by(group)]
    # A table of the latest observations keeps one row an event, whichever side it comes from.
    newest = AVAILABLE_AT if group.history == "latest" else f"if({STORED}, {AVAILABLE_AT}, NULL)"
    whole_event = f"{in_order} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
    around = (f"lag({named_struct(known)}) OVER ({in_order}) AS _before", f"max({newest}) OVER ({whole_event}) AS _newest")
    if group.history == "all":
        return around
    return (*around, f"count_if(NOT {STORED} AND NOT {DERIVED}) OVER ({whole_event}) AS _read")


def told_by(group: FeatureGroup, row: str = "") -> list[tuple[str, str]]:
    """Return names and SQL of what `_before` tells of a row, beside which side it is from; the row as in `row_values`."""
    return [(AVAILABLE_AT, f"{row}{AVAILABLE_AT}"), ("sequence", _sequence(group, row)), ("v", row_values(group, row))]


def outcome_of(group: FeatureGroup, settled: datetime | None) -> str:
    """Return SQL of a new row's outcome, beside `_before`, `_newest` and, where the table keeps one row an event, `_read`."""
    same_value = f"{row_values(group)} <=> _before.v"
    # Below it repetitions are removed, and so is the end of what was not there: such a row may be one of those.
    is_settled = "false" if settled is None else f"{AVAILABLE_AT} < {moment_literal(settled)}"
    says_what_is_known = f"({same_value} OR (_before IS NULL AND {TOMBSTONE}))"
    met = f"(_before.{STORED} AND _before.{AVAILABLE_AT} = {AVAILABLE_AT})"
    sequence = _sequence(group)
    repeated = "_read > 1"
    if group.history == "all":
        repeated = f"_before.{AVAILABLE_AT} = {AVAILABLE_AT} AND NOT _before.{STORED} AND NOT _before.{DERIVED}"
    return f"""CASE
        WHEN NOT {DERIVED} AND {repeated} THEN '{REPEATED}'
        WHEN ({met} AND {same_value}) OR ({is_settled} AND {says_what_is_known}) THEN 'unchanged'
        WHEN {is_settled} THEN 'late'
        WHEN {met} AND {sequence} > _before.sequence THEN 'replaced'
        WHEN {met} AND {sequence} < _before.sequence THEN 'superseded'
        WHEN {met} THEN 'conflicting'
        WHEN _newest > {AVAILABLE_AT} THEN 'older'
        WHEN _before IS NULL THEN 'inserted'
        WHEN {same_value} THEN 'reobserved'
        ELSE 'updated' END"""


def _sequence(group: FeatureGroup, row: str = "") -> str:
    return f"{row}{quoted(group.sequence)}" if group.sequence else "0"


def known_at(rows: DataFrame, group: FeatureGroup, moment: datetime | None) -> DataFrame:
    """Return the newest row of each key and event_time among those known at a moment (None: now), with tombstones."""
    known = rows if moment is None else rows.where(F.col(AVAILABLE_AT) <= moment_column(moment))
    if group.history == "latest":
        return known
    newest_first = Window.partitionBy(*group.entity_key, EVENT_TIME).orderBy(F.col(AVAILABLE_AT).desc())
    return known.withColumn("_place", F.row_number().over(newest_first)).where("_place = 1").drop("_place")


def without_tombstones(rows: DataFrame) -> DataFrame:
    """Leave out the rows that no longer hold, and the store's own columns."""
    return rows.where(~F.col(TOMBSTONE)).drop(TOMBSTONE, BUCKET)
