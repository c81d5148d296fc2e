"""SQL of the effect of a row on its table. It depends on the other rows of the same event. All ways to compare use this SQL."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tidegate.feature_groups.definition import AVAILABLE_AT, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.equal_values import row_values
from tidegate.moments import moment_literal
from tidegate.schema import named_struct, quoted, text_literal

# The effect of a row: inserted, updated, reobserved, unchanged, older, replaced, superseded, conflicting, late or repeated; in an
# immutable group inserted, unchanged, changing or repeated. See `effect_of`, and `WriteResult` for those that the caller of a
# write gets.
EFFECT = "_effect"
# True for a tombstone that was concluded from full states; false for a row that was read.
CONCLUDED = "_concluded"
# For a stored row: whether it stays in the table. NULL if there is no stored row.
KEPT = "_kept"
# The columns that a comparison adds, for rows of a table that has no rows yet.
NOTHING_STORED = (f"false AS {CONCLUDED}", f"'inserted' AS {EFFECT}", f"CAST(NULL AS BOOLEAN) AS {KEPT}")
# A row with one of these effects replaces the stored row, if the table keeps one row for each event.
REPLACING = ("replaced", "updated", "reobserved")
# A row with one of these effects changes what is known now. Steps that read the group must compute again what depends on it.
NEWS = ("inserted", "updated", "replaced")
# The batch has another row of the same observation, so it must be ordered first.
REPEATED = "repeated"
# The row would change a stored row of an immutable group.
CHANGING = "changing"


@dataclass(frozen=True)
class Neighbours:
    """SQL that describes the other rows of the event of a new row: the stored rows and the rows of the batch.

    Attributes:
        before: The row that became known just before the new row, as a struct of `known_row`; NULL if there is none. In an
            immutable group it is the stored row, whenever that became known.
        newest: The `available_at` of the newest row of the event; with `history="all"` of the newest stored row. The new row is
            `older` if it became known before this.
        repeated: Whether the batch has another row of the same observation.
    """

    before: str
    newest: str
    repeated: str


@dataclass(frozen=True)
class EffectCounts:
    """The number of rows with each effect.

    Attributes:
        read: The numbers for the rows of the batch.
        concluded: The numbers for the tombstones that were concluded from full states.
        kept: The number of stored rows in `ComparedRows.rows` that stay in the table.
        replaced: The number of stored rows in `ComparedRows.rows` that are replaced.
    """

    read: Counter[str]
    concluded: Counter[str]
    kept: int
    replaced: int

    def rows(self, *effects: str) -> int:
        """Return the number of rows with one of these effects, read or concluded."""
        return sum(self.read[name] + self.concluded[name] for name in effects)


def known_row(group: FeatureGroup, stored: str, concluded: str, row: str = "") -> str:
    """Return SQL of a struct that describes a row for `effect_of`.

    Args:
        group: The feature group.
        stored: SQL that is true if the row is a stored one.
        concluded: SQL that is true if the row was concluded from full states.
        row: The name of the struct column that contains the row, with a dot at its end, as in `row_values`.
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
    """Return SQL of the effect of a new row.

    `updated` means that the values differ from those known before, also if the earlier row stays in the table
    (`history="all"`). If two rows became known at the same moment, the sequence decides: the new row has `replaced` the stored
    one, or it is `superseded` by it. A `late` row would change what was known before the settled moment.
    """
    if group.immutable:
        return _effect_on_immutable(group, beside)
    before = beside.before
    same_value = f"{row_values(group)} <=> {before}.says"
    # Maintenance removed repeated observations from before the settled moment, and tombstones of rows that were never there. The
    # new row may be one of these.
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


def _effect_on_immutable(group: FeatureGroup, beside: Neighbours) -> str:
    """Return SQL of the effect of a new row on an immutable event. The batch has no tombstones: they are refused before."""
    return f"""CASE
        WHEN {beside.repeated} THEN '{REPEATED}'
        WHEN {beside.before} IS NULL THEN 'inserted'
        WHEN {row_values(group)} <=> {beside.before}.says THEN 'unchanged'
        ELSE '{CHANGING}' END"""


def has_effect(effects: Sequence[str], effect: str = EFFECT) -> str:
    """Return SQL that is true if a row has one of these effects. `effect` is SQL of its effect, by default the column."""
    return f"{effect} IN ({', '.join(map(text_literal, effects))})"


def _sequence(group: FeatureGroup, row: str = "") -> str:
    return f"{row}{quoted(group.sequence)}" if group.sequence else "0"
