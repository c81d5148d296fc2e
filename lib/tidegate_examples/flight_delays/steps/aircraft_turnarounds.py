"""Compute how long aircraft were away from a landing to their next departure from New York."""

from collections.abc import Mapping
from datetime import timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidegate import Period
from tidegate_examples.flight_delays.groups import AIRCRAFT_TURNAROUNDS
from tidegate_examples.flight_delays.steps.times import within

LONGEST_TURNAROUND = timedelta(days=2)
# From a departure the window reaches 2 days back for a landing. A day with 23 hours adds one more day.
WARM_UP_DAYS = 3


def build(sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return one row for each departure of an aircraft of which a landing was known in the two days before.

    The window is over `known_at`: a landing counts from when it was known. It is bounded, so that computing a single day gives
    the same rows as a full load.
    """
    before = (
        Window.partitionBy("tailnum")
        .orderBy(F.unix_micros("known_at"))
        .rangeBetween(-(LONGEST_TURNAROUND // timedelta(microseconds=1)), -1)
    )
    seconds = F.unix_timestamp("departed_at") - F.unix_timestamp(F.max("landed_at").over(before))
    paired = _moments(sources["movements"]).withColumn("turnaround_minutes", seconds / F.lit(60.0))
    times = {"event_time": F.col("departed_at"), "available_at": F.col("known_at")}
    departures = paired.filter(within("known_at", period) & F.col("turnaround_minutes").isNotNull())
    return departures.withColumns(times).select(AIRCRAFT_TURNAROUNDS.schema.fieldNames())


def _moments(movements: DataFrame) -> DataFrame:
    """Combine what became known about an aircraft at one moment in one row, so that the order of rows has no effect."""
    known = movements.filter(F.col("tailnum").isNotNull() & F.col("kind").isin("departed", "arrived"))
    return known.groupBy("tailnum", "known_at").agg(
        _newest("departed").alias("departed_at"), _newest("arrived").alias("landed_at")
    )


def _newest(kind: str) -> Column:
    return F.max(F.when(F.col("kind") == kind, F.col("happened_at")))
