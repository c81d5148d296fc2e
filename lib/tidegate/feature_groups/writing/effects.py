"""What a row of a batch does to its table, by the rows that stand beside it: the SQL that every way of comparing shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.feature_groups.definition import AVAILABLE_AT, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.values import row_values
from tidegate.moments import moment_literal
from tidegate.schema import named_struct, quoted, text_literal

# What the row does: inserted, updated, reobserved, unchanged, older, replaced, superseded, conflicting, late, repeated.
EFFECT = "_effect"
# Whether a row is a tombstone that was concluded from full states, and not read.
CONCLUDED = "_concluded"
# Of a stored row: whether it stays in the table. NULL where there is no stored row.
KEPT = "_kept"
# Effects of rows that take the place of the stored one where the table keeps one row an event.
REPLACING = ("replaced", "updated", "reobserved")
# The batch has another row of the same observation: it has to be put in order first.
REPEATED = "repeated"


@dataclass(frozen=True)
class Neighbours:
    """SQL of what stands beside a new row, among the stored rows and the batch's rows of the same event.

    Attributes:
        before: The row known just before it, as a struct that `known_row` makes; NULL where it is the first.
        newest: When the newest row was known that it can be older than.
        repeated: Whether the batch has another row of the same observation.
    """

    before: str
    newest: str
    repeated: str


def known_row(group: FeatureGroup, stored: str, concluded: str, row: str = "") -> str:
    """Return SQL of the struct that tells `effect_of` of a row.

    Args:
        group: The feature group.
        stored: SQL of whether it is a stored row.
        concluded: SQL of whether it was concluded from full states.
        row: The struct column that holds the row, with a point behind it, as in `row_values`.
    """
    fields = {
        "stored": stored,
        "concluded": concluded,
        "known": f"{row}{AVAILABLE_AT}",
        "sequence": _sequence(group, row),
        "says": row_values(group, row),
    }
    return named_struct(fields.items())


def effect_of(group: FeatureGroup, beside: Neighbours, settled: datetime | None) -> str:
    """Return SQL of a new row's effect.

    `updated` means that the value differs from the one known before, also where that one stays in the table
    (`history="all"`). `replaced` and `superseded` are decided by the sequence among rows known at one moment. A `late` row
    would change what was known before the settled moment.
    """
    before = beside.before
    same_value = f"{row_values(group)} <=> {before}.says"
    # Below the settled moment repetitions are removed, and so are tombstones of rows that were never there: such a row may be
    # one of those.
    is_settled = "false" if settled is None else f"{AVAILABLE_AT} < {moment_literal(settled)}"
    changes_nothing = f"({same_value} OR ({before} IS NULL AND {TOMBSTONE}))"
    same_moment = f"({before}.stored AND {before}.known = {AVAILABLE_AT})"
    sequence = _sequence(group)
    return f"""CASE
        WHEN NOT {CONCLUDED} AND {beside.repeated} THEN '{REPEATED}'
        WHEN ({same_moment} AND {same_value}) OR ({is_settled} AND {changes_nothing}) THEN 'unchanged'
        WHEN {is_settled} THEN 'late'
        WHEN {same_moment} AND {sequence} > {before}.sequence THEN 'replaced'
        WHEN {same_moment} AND {sequence} < {before}.sequence THEN 'superseded'
        WHEN {same_moment} THEN 'conflicting'
        WHEN {beside.newest} > {AVAILABLE_AT} THEN 'older'
        WHEN {before} IS NULL THEN 'inserted'
        WHEN {same_value} THEN 'reobserved'
        ELSE 'updated' END"""


def has_effect(effects: Sequence[str], effect: str = EFFECT) -> str:
    """Return SQL of whether a compared row, or the row with this SQL of its effect, has one of these effects."""
    return f"{effect} IN ({', '.join(map(text_literal, effects))})"


def _sequence(group: FeatureGroup, row: str = "") -> str:
    return f"{row}{quoted(group.sequence)}" if group.sequence else "0"
