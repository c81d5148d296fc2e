"""What a full state says by what is not in it: a row that it lacks no longer held at its moment.

States may be loaded in any order. A row that comes after a later state was loaded, and that the later state lacks, gets the
tombstone that it would have got in order. The moments of the states stand in the table's log, in the commits of their rows.
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
    """Raise DefinitionError unless the scope names entity key columns: only those of a vanished row are still known."""
    wrong = [name for name in state.scope if name not in group.entity_key]
    if wrong:
        raise DefinitionError(
            f"feature group {group.full_name}: the scope of a full state names {', '.join(wrong)}; "
            f"it takes columns of the entity key: {', '.join(group.entity_key)}."
        )


def in_scope(rows: DataFrame, state: FullState) -> DataFrame:
    """Keep the rows that a state speaks of."""
    return reduce(lambda frame, item: frame.where(F.col(item[0]) == F.lit(item[1])), state.scope.items(), rows)


def vanished_rows(stored: DataFrame, winners: DataFrame, group: FeatureGroup, state: FullState) -> DataFrame:
    """Return a tombstone for each row that was known at the state's moment and is not in the state."""
    known = known_at(in_scope(stored, state), group, state.moment).where(~F.col(TOMBSTONE))
    missing = known.join(winners.select(*group.entity_key, EVENT_TIME), on=[*group.entity_key, EVENT_TIME], how="left_anti")
    return tombstones(missing, moment_column(state.moment), group)


def later_vanished(
    stored: DataFrame, winners: DataFrame, group: FeatureGroup, marks: Sequence[StateMark], state: FullState | None
) -> DataFrame | None:
    """Return the tombstones of rows that a state loaded earlier, but of a later moment, lacked; None where there is none.

    Args:
        stored: The stored rows of the batch's keys and event_times.
        winners: Rows of the batch.
        group: The feature group.
        marks: The states that were loaded.
        state: The state that the batch is; None for changes.
    """
    marks = [mark for mark in marks if state is None or mark.moment > state.moment]
    if not marks:
        return None
    with_next = winners.withColumn(_NEXT, _next_moment(marks)).where(F.col(_NEXT).isNotNull())
    seen = stored.unionByName(winners.select(*stored.columns)).select(
        *group.entity_key, EVENT_TIME, F.col(AVAILABLE_AT).alias("_seen_at")
    )
    key = [*group.entity_key, EVENT_TIME]
    # The latest observation alone is kept: whatever was seen at or after the later state stands for it.
    was_seen = F.col("_seen_at") >= F.col(_NEXT) if group.history == "latest" else F.col("_seen_at") == F.col(_NEXT)
    same_event = reduce(Column.__and__, [F.col(f"_row.{quoted(name)}") == F.col(f"_seen.{quoted(name)}") for name in key])
    missing = with_next.alias("_row").join(seen.alias("_seen"), on=same_event & was_seen, how="left_anti")
    return tombstones(missing, F.col(_NEXT), group).dropDuplicates([*key, AVAILABLE_AT])


def _next_moment(marks: Iterable[StateMark]) -> Column:
    """The moment of the first state after a row became known, of those in whose scope it lies."""
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
    """Return what says of each of these stored rows that from a moment on it no longer holds; the table's own columns."""
    added = {AVAILABLE_AT: moment, TOMBSTONE: F.lit(True)}
    nothing = [F.lit(None).cast(group.stored_schema[name].dataType).alias(name) for name in group.feature_names]
    times = [F.col(EVENT_TIME), *[column.alias(name) for name, column in added.items()]]
    return rows.select(*group.entity_key, *nothing, *times, BUCKET).select(*group.stored_schema.names)
