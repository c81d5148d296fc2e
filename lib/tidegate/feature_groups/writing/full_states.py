"""Tombstones that follow from full states: a row that a full state does not have no longer held at the moment of this state.

States may be loaded in any order. Suppose that a state was loaded, and then a row arrives that became known before the moment of
this state and is missing from it. The row gets the same tombstone that it would have got in the right order. The table's log
keeps the moments of the states, in the commits of their rows.
"""

from collections.abc import Iterable, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.read import known_at
from tidegate.feature_groups.writing.batch import FullState, StateMark
from tidegate.moments import moment_column
from tidegate.schema import quoted

_NEXT = "_next_state"


def require_scope(group: FeatureGroup, state: FullState) -> None:
    """Check that a group takes a full state.

    Raises:
        DefinitionError: The group is immutable, or the scope has other columns than the entity key: of a vanished row only the
            key is known.
    """
    require_mutable(group, "")
    wrong = [name for name in state.scope if name not in group.entity_key]
    if wrong:
        raise DefinitionError(
            f"feature group {group.full_name}: the scope of a full state names {', '.join(wrong)}. "
            f"It takes only columns of the entity key: {', '.join(group.entity_key)}."
        )


def require_mutable(group: FeatureGroup, source: str) -> None:
    """Raise DefinitionError if the group is immutable. A full state says that the rows it lacks no longer hold.

    Args:
        group: The feature group.
        source: The name of the source whose files are full states; empty for a batch without a source.
    """
    if group.immutable:
        where = f"source {source!r} delivers full states, but " if source else ""
        raise DefinitionError(
            f"{where}feature group {group.full_name} is immutable, so it takes no full states: rows that a state lacks would "
            "have to be deleted. Load the rows as changes, where repeated rows change nothing, or define the group with "
            "immutable=False."
        )


def in_scope(rows: DataFrame, state: FullState) -> DataFrame:
    """Return the rows that lie in the scope of a state."""
    return reduce(lambda frame, item: frame.where(F.col(item[0]) == F.lit(item[1])), state.scope.items(), rows)


def vanished_rows(stored: DataFrame, winners: DataFrame, group: FeatureGroup, state: FullState) -> DataFrame:
    """Return a tombstone for each row that was known at the moment of the state and is missing from it."""
    known = known_at(in_scope(stored, state), group, state.moment).where(~F.col(TOMBSTONE))
    missing = known.join(winners.select(*group.entity_key, EVENT_TIME), on=[*group.entity_key, EVENT_TIME], how="left_anti")
    return tombstones(missing, moment_column(state.moment), group)


def later_vanished(
    stored: DataFrame, winners: DataFrame, group: FeatureGroup, marks: Sequence[StateMark], state: FullState | None
) -> DataFrame | None:
    """Return tombstones for rows of a batch that are missing from a later state which was already loaded.

    Args:
        stored: The stored rows of the batch's keys and event_times.
        winners: The accepted rows of the batch.
        group: The feature group.
        marks: The marks of all states that were loaded.
        state: The full state that the batch is; None if the batch is changes.

    Returns:
        The tombstones; None if no later state was loaded.
    """
    marks = [mark for mark in marks if state is None or mark.moment > state.moment]
    if not marks:
        return None
    with_next = winners.withColumn(_NEXT, _next_moment(marks)).where(F.col(_NEXT).isNotNull())
    seen = stored.unionByName(winners.select(*stored.columns)).select(
        *group.entity_key, EVENT_TIME, F.col(AVAILABLE_AT).alias("_seen_at")
    )
    key = [*group.entity_key, EVENT_TIME]
    # With history="latest" only the newest observation is stored. If it is as new as the later state or newer, the state may have
    # contained the row, so the row counts as seen.
    was_seen = F.col("_seen_at") >= F.col(_NEXT) if group.history == "latest" else F.col("_seen_at") == F.col(_NEXT)
    same_event = reduce(Column.__and__, [F.col(f"_row.{quoted(name)}") == F.col(f"_seen.{quoted(name)}") for name in key])
    missing = with_next.alias("_row").join(seen.alias("_seen"), on=same_event & was_seen, how="left_anti")
    return tombstones(missing, F.col(_NEXT), group).dropDuplicates([*key, AVAILABLE_AT])


def _next_moment(marks: Iterable[StateMark]) -> Column:
    """Return the moment of the first state after a row became known, among the states with the row in their scope."""
    by_scope: dict[tuple[tuple[str, ...], str], list[StateMark]] = {}
    for mark in marks:
        by_scope.setdefault((mark.columns, mark.digest), []).append(mark)
    firsts = []
    for same in by_scope.values():
        moments = F.array(*[moment_column(mark.moment) for mark in sorted(same, key=lambda mark: mark.moment)])
        later = F.filter(moments, lambda moment: moment > F.col(AVAILABLE_AT))
        firsts.append(F.when(same[0].covers(), F.try_element_at(later, F.lit(1))))
    return firsts[0] if len(firsts) == 1 else F.least(*firsts)


def tombstones(rows: DataFrame, moment: Column, group: FeatureGroup) -> DataFrame:
    """Return a tombstone for each of these stored rows, with the columns of the table. It is known from the given moment on."""
    added = {AVAILABLE_AT: moment, TOMBSTONE: F.lit(True)}
    nothing = [F.lit(None).cast(group.stored_schema[name].dataType).alias(name) for name in group.feature_names]
    times = [F.col(EVENT_TIME), *[column.alias(name) for name, column in added.items()]]
    return rows.select(*group.entity_key, *nothing, *times, BUCKET).select(*group.stored_schema.names)
