"""What was known of an aircraft after each of its movements."""

from collections.abc import Mapping
from datetime import timedelta

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from tidegate import Period
from tidegate_examples.flight_delays.groups import AIRCRAFT_HISTORY
from tidegate_examples.flight_delays.steps.times import last, within

MEMORY = timedelta(days=7)
LONGEST_TURNAROUND = timedelta(days=2)
# A row looks back 7 days for a departure, and that departure 2 days for its landing; a day with 25 hours adds one.
WARM_UP_DAYS = 10

KEY = ("tailnum",)


def build(sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return one row an aircraft and moment at which a departure or arrival of it became known.

    Everything is windowed by `known_at`: a flight counts once it left or landed, never when it was scheduled to. The
    windows are bounded, so that a day computed alone equals the same day of a full load.
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
    """Fold what became known of an aircraft at one moment into one row, so that the order of the rows never matters."""
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
    """The newest known movement of a kind, whole: where its delay is NULL (diverted) no older delay takes its place."""
    return F.last(kind, ignorenulls=True).over(window)


def _with_turnaround(moments: DataFrame) -> DataFrame:
    """Add the minutes from the last landing known before a departure; NULL for arrivals."""
    before = (
        Window.partitionBy(*KEY)
        .orderBy(F.unix_micros("known_at"))
        .rangeBetween(-(LONGEST_TURNAROUND // timedelta(microseconds=1)), -1)
    )
    landed_at = F.max("arrived.at").over(before)
    seconds = F.unix_timestamp("departed.at") - F.unix_timestamp(landed_at)
    return moments.withColumn("turnaround", seconds / F.lit(60.0))
