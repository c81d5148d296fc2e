"""Compute the rows to predict from the schedules."""

from datetime import timedelta

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tidegate_examples.flight_delays.groups import SCHEDULED_FLIGHTS
from tidegate_examples.flight_delays.sources import ZONE
from tidegate_examples.flight_delays.steps.times import PREDICTION_LEAD

# A row is two hours before the departure, and counts the flights that are scheduled in the hour of the departure.
LOOK_AHEAD = PREDICTION_LEAD + timedelta(hours=1)


def build(schedules: DataFrame) -> DataFrame:
    """Return the flights as they were scheduled.

    Flights without a tailnum are left out. All of them were cancelled, so that their missing aircraft features would reveal the
    outcome. They still count in the congestion, which does not show which flight has no aircraft.
    """
    local = F.from_utc_timestamp("scheduled_departure", ZONE)
    same_hour = Window.partitionBy("origin", F.date_trunc("hour", "scheduled_departure"))
    counted = schedules.withColumns(
        {
            "congestion": F.count(F.lit(1)).over(same_hour).cast("int"),
            "scheduled_hour": F.hour(local),
            "scheduled_weekday": F.weekday(local) + 1,
            "event_time": F.col("scheduled_departure") - F.lit(PREDICTION_LEAD),
            # The congestion is known when all flights of the hour are published.
            "available_at": F.max("published_at").over(same_hour),
        }
    )
    return counted.where(F.col("tailnum").isNotNull()).select(SCHEDULED_FLIGHTS.schema.fieldNames())
