"""Compute how long aircraft were away from a landing to their next departure from New York."""

from datetime import timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidegate_examples.flight_delays.groups import AIRCRAFT_TURNAROUNDS

LONGEST_TURNAROUND = timedelta(days=2)


def build(movements: DataFrame) -> DataFrame:
    """Return one row for each departure of an aircraft of which a landing was known in the two days before.

    The window is over `available_at`: a landing counts from when it was known.
    """
    before = (
        Window.partitionBy("tailnum")
        .orderBy(F.unix_micros("available_at"))
        .rangeBetween(-(LONGEST_TURNAROUND // timedelta(microseconds=1)), -1)
    )
    seconds = F.unix_timestamp("departed_at") - F.unix_timestamp(F.max("landed_at").over(before))
    paired = _moments(movements).withColumn("turnaround_minutes", seconds / F.lit(60.0))
    departures = paired.withColumn("event_time", F.col("departed_at")).where("turnaround_minutes IS NOT NULL")
    return departures.select(AIRCRAFT_TURNAROUNDS.schema.fieldNames())


def _moments(movements: DataFrame) -> DataFrame:
    """Combine what became known about an aircraft at one moment in one row, so that the order of rows has no effect."""
    known = movements.where(F.col("tailnum").isNotNull() & F.col("kind").isin("departed", "arrived"))
    return known.groupBy("tailnum", "available_at").agg(
        _newest("departed").alias("departed_at"), _newest("arrived").alias("landed_at")
    )


def _newest(kind: str) -> Column:
    return F.max(F.when(F.col("kind") == kind, F.col("event_time")))
