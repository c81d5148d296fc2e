"""The rows of a spine by rule."""

import json
from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidegate.datasets.spines import TARGET_TIME, SpineByRule
from tidegate.errors import UsageError
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE
from tidegate.moments import earlier_by, micros_of, moment_column, utc_text

# The times are a constant of the query. So many of them still make a small one.
MOST_TIMES = 200_000
_MICROSECOND = timedelta(microseconds=1)
# In microseconds; later than the whole calendar.
_FOREVER = 1 << 61
_FROM, _UNTIL, _BEFORE, _ISLAND, _TIME = "_from", "_until", "_before", "_island", "_time"


def spine_rows(rows: DataFrame, spine: SpineByRule, start: datetime, end: datetime) -> DataFrame:
    """Return the rows of a spine with start <= prediction time < end, in the columns of its key and `event_time`.

    Args:
        rows: All observations of the spine's group, tombstones included.
        spine: The spine.
        start: The first prediction time, with a zone.
        end: The end of the prediction times, with a zone; it is not included.

    Raises:
        UsageError: There are too many prediction times between start and end.
    """
    found = _known_spans(rows, spine, start, end).select(
        *map(_column, spine.key), F.explode(_times(spine, start, end)).alias(_TIME)
    )
    found = found.withColumn(EVENT_TIME, F.timestamp_micros(F.col(_TIME)["at"]))
    if spine.horizons is not None:
        target = F.explode(F.col(_TIME)["targets"]).alias(TARGET_TIME)
        found = found.select("*", target).withColumn(TARGET_TIME, F.timestamp_micros(TARGET_TIME))
    return found.select(*map(_column, spine.entity_key), EVENT_TIME)


def _known_spans(rows: DataFrame, spine: SpineByRule, start: datetime, end: datetime) -> DataFrame:
    """Return the stretches of time in which the group knows each entity, as `_from` <= time < `_until` in microseconds.

    The stretches of one entity don't touch each other.
    """
    in_force = _in_force(rows, spine, start, end)
    in_order = Window.partitionBy(*map(_column, spine.key)).orderBy(_FROM)
    before = F.max(_UNTIL).over(in_order.rowsBetween(Window.unboundedPreceding, -1))
    begins = F.col(_BEFORE).isNull() | (F.col(_FROM) > F.col(_BEFORE))
    islands = in_force.withColumn(_BEFORE, before).withColumn(_ISLAND, F.count_if(begins).over(in_order))
    return islands.groupBy(*map(_column, spine.key), _ISLAND).agg(F.min(_FROM).alias(_FROM), F.max(_UNTIL).alias(_UNTIL))


def _in_force(rows: DataFrame, spine: SpineByRule, start: datetime, end: datetime) -> DataFrame:
    """Return the stretch of time in which each row is in force and young enough."""
    group = spine.group
    # What becomes known after the last time changes no row of the spine.
    known = rows.where(F.col(AVAILABLE_AT) < moment_column(end))
    if spine.lookback is not None:
        known = known.where(F.col(EVENT_TIME) > moment_column(earlier_by(start, spine.lookback)))
    order = [AVAILABLE_AT, *([group.sequence] if group.sequence else [])]
    observations = Window.partitionBy(*map(_column, group.entity_key), EVENT_TIME).orderBy(*map(_column, order))
    replaced = F.coalesce(F.lead(F.unix_micros(AVAILABLE_AT)).over(observations), F.lit(_FOREVER))
    in_force = known.select(
        *map(_column, spine.key),
        F.unix_micros(EVENT_TIME).alias("_event"),
        F.unix_micros(AVAILABLE_AT).alias(_FROM),
        replaced.alias(_UNTIL),
        # Rows that never change have no tombstones.
        F.col(TOMBSTONE) if TOMBSTONE in rows.columns else F.lit(False).alias(TOMBSTONE),
    ).where(~F.col(TOMBSTONE))
    if spine.lookback is not None:
        too_old = F.col("_event") + spine.lookback // _MICROSECOND
        in_force = in_force.withColumn(_UNTIL, F.least(_UNTIL, too_old))
    complete = F.col(_FROM) < F.col(_UNTIL)
    for name in spine.key:
        complete &= _column(name).isNotNull()
    return in_force.where(complete)


def _times(spine: SpineByRule, start: datetime, end: datetime) -> Column:
    """Return the prediction times at which the group knows the entity of a row, each with its target times, as an array."""
    targets = {moment: spine.targets(moment) for moment in spine.times.between(start, end)}
    number = sum(max(1, len(found)) for found in targets.values())
    if number > MOST_TIMES:
        raise UsageError(
            f"the spine of {spine.name} has {number:,} times for each entity from {utc_text(start)} to {utc_text(end)}. At most "
            f"{MOST_TIMES:,} are possible at once. Give a shorter time, or declare a longer period or fewer horizons."
        )
    listed = [{"at": micros_of(moment), "targets": list(map(micros_of, found))} for moment, found in targets.items()]
    times = F.from_json(F.lit(json.dumps(listed)), "array<struct<at: bigint, targets: array<bigint>>>")
    return F.filter(times, lambda each: (each["at"] >= F.col(_FROM)) & (each["at"] < F.col(_UNTIL)))


def _column(name: str) -> Column:
    return F.col(f"`{name}`")
