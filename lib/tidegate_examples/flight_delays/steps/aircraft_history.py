"""Compute what was known about an aircraft after each of its departures and arrivals."""

from collections.abc import Mapping
from datetime import timedelta

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from tidegate import Period
from tidegate_examples.flight_delays.groups import AIRCRAFT_HISTORY
from tidegate_examples.flight_delays.steps.times import last, within

MEMORY = timedelta(days=7)
LONGEST_TURNAROUND = timedelta(days=2)
# A row looks back 7 days for a departure, and from that departure 2 days for a landing. A day with 23 hours adds one more day.
WARM_UP_DAYS = 10

KEY = ("tailnum",)


def build(sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return one row for each aircraft and moment at which a departure or arrival of the aircraft became known.

    All windows are over `known_at`: a flight counts from when it departed or landed, never from when it was scheduled. The
    windows are bounded, so that computing a single day gives the same rows as a full load.
    """
    moments = _moments(sources["movements"])
    memory = last(KEY, "known_at", MEMORY)
    return (
        moments.transform(_with_turnaround)
        .withColumns(
            {
                "last_departure_delay": _newest("departed", memory)["delay"],
                "last_arrival_delay": _newest("arrived", memory)["delay"],
                "departures_24h": F.sum("departures").over(last(KEY, "known_at", timedelta(hours=24))),
                "turnaround_minutes": F.last("turnaround", ignorenulls=True).over(memory),
                "event_time": F.col("known_at"),
                "available_at": F.col("known_at"),
            }
        )
        .filter(within("known_at", period))
        .select(AIRCRAFT_HISTORY.schema.fieldNames())
    )


def _moments(movements: DataFrame) -> DataFrame:
    """Combine what became known about an aircraft at one moment in one row, so that the order of rows has no effect."""
    known = movements.filter(F.col("tailnum").isNotNull() & F.col("kind").isin("departed", "arrived"))
    return known.groupBy("tailnum", "known_at").agg(
        _newest_of("departed").alias("departed"),
        _newest_of("arrived").alias("arrived"),
        F.count_if(F.col("kind") == "departed").alias("departures"),
    )


def _newest_of(kind: str) -> Column:
    of_kind = F.struct(F.col("happened_at").alias("at"), F.col("delay_minutes").alias("delay"), "dest", "flight")
    return F.max(F.when(F.col("kind") == kind, of_kind))


def _newest(kind: str, window: WindowSpec) -> Column:
    """Return the newest known movement of a kind as a struct, so that an older delay never replaces a NULL (diverted)."""
    return F.last(kind, ignorenulls=True).over(window)


def _with_turnaround(moments: DataFrame) -> DataFrame:
    """Add the minutes from the last landing that was known before a departure to this departure; NULL for arrivals."""
    before = (
        Window.partitionBy(*KEY)
        .orderBy(F.unix_micros("known_at"))
        .rangeBetween(-(LONGEST_TURNAROUND // timedelta(microseconds=1)), -1)
    )
    landed_at = F.max("arrived.at").over(before)
    seconds = F.unix_timestamp("departed.at") - F.unix_timestamp(landed_at)
    return moments.withColumn("turnaround", seconds / F.lit(60.0))
