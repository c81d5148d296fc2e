"""The rows that a step has to write: what it computes differently from what its group holds."""

from datetime import timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.equal_values import row_values
from tidegate.feature_groups.read import known_at
from tidegate.feature_groups.steps.affected import Affected
from tidegate.moments import LAST, moment_column
from tidegate.schema import quoted

_WAS, _IS, _FIRST = "_was", "_is", "_first"
_KNOWN, _ALL_KNOWN, _GONE, _OWN = "_known", "_all_known", "_gone", "_own"
_SEVERAL = "_several"
_NEXT = timedelta(microseconds=1)


def new_rows(computed: DataFrame, stored: DataFrame, group: FeatureGroup, affected: Affected) -> DataFrame:
    """Compare the computed rows with the stored ones, and return the rows to write.

    An equal row is not written again. A stored row that is no longer computed gets a tombstone. A row with other values becomes
    known with the newest change that it can come from, and after the stored row, so that a correction is never known before its
    cause. A row without a stored one is known when the step says so, but not before the newest deletion that can be the reason
    for it, because a step can't see deleted rows. If the step does not say when a row is known, it is known from the event time
    plus the group's delay, but not before any row that it can come from.

    Several rows of one key and event_time get the same `available_at`, so that the writer refuses them if they differ.

    Args:
        computed: The rows that the step computes, with the columns of `FeatureGroup.schema`. `available_at` may be NULL.
        stored: The rows of the group's table, with its columns.
        group: The derived group.
        affected: The event times that were computed. Other rows are left out on both sides.
    """
    event = [*group.entity_key, EVENT_TIME]
    features = group.feature_names
    was = known_at(stored.where(affected.holds()), group, None)
    was = was.selectExpr(*map(quoted, event), f"struct({_list(*features, AVAILABLE_AT, TOMBSTONE)}) AS {_WAS}")
    rows = computed.where(affected.holds()).withColumn(TOMBSTONE, F.lit(False))
    rows = rows.selectExpr(*map(quoted, event), f"struct({_list(*features, AVAILABLE_AT, TOMBSTONE)}) AS {_IS}")
    # The values of both sides are structs, so that a feature can have any name.
    both = was.join(_with_others(rows, group), event, "full_outer")
    both = both.withColumns({_KNOWN: affected.known(), _ALL_KNOWN: affected.all_known(), _GONE: affected.gone_known()})
    is_gone = f"({_IS} IS NULL AND NOT {_WAS}.{TOMBSTONE})"
    is_other = f"{_WAS} IS NULL OR {_SEVERAL} OR NOT ({_values(group, _IS)} <=> {_values(group, _WAS)})"
    differs = f"({_IS} IS NOT NULL AND ({is_other}))"
    values = [f"{_IS}.{name} AS {name}" for name in map(quoted, features)]
    changed = both.where(f"{is_gone} OR {differs}").withColumn(AVAILABLE_AT, _available_at(group))
    return changed.selectExpr(*map(quoted, event), *values, AVAILABLE_AT, f"{_IS} IS NULL AS {TOMBSTONE}")


def _with_others(rows: DataFrame, group: FeatureGroup) -> DataFrame:
    """Add whether a computed row has the same key and event_time as one with other values, and when the newest of them is known.

    The rows are shuffled and sorted as the join with the stored rows needs them anyway.
    """
    same_event = Window.partitionBy(*group.entity_key, EVENT_TIME)
    differs = F.expr(f"NOT ({_values(group, _IS)} <=> {_values(group, _FIRST)})")
    found = rows.withColumn(_FIRST, F.first(_IS).over(same_event))
    return found.withColumns(
        {_SEVERAL: F.bool_or(differs).over(same_event), _OWN: F.max(f"{_IS}.{AVAILABLE_AT}").over(same_event)}
    ).drop(_FIRST)


def _available_at(group: FeatureGroup) -> Column:
    own, was = F.col(_OWN), F.col(f"{_WAS}.{AVAILABLE_AT}")
    # greatest leaves out NULL: a change that nobody knows of, or a row that was not stored.
    by_delay = F.when(F.col(_IS).isNotNull(), F.col(EVENT_TIME) + F.lit(group.delay))
    by_delay = F.when(by_delay > moment_column(LAST), moment_column(LAST)).otherwise(by_delay)
    said_or_all = F.coalesce(own, F.greatest(by_delay, F.col(_ALL_KNOWN)))
    return F.when(F.col(_WAS).isNull(), F.greatest(said_or_all, F.col(_GONE))).otherwise(
        F.greatest(said_or_all, F.col(_KNOWN), was + F.lit(_NEXT))
    )


def _values(group: FeatureGroup, row: str) -> str:
    return row_values(group, f"{row}.")


def _list(*names: str) -> str:
    return ", ".join(map(quoted, names))
