"""Compute the rows to predict from the schedules."""

from collections.abc import Mapping

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tidegate import Period
from tidegate_examples.flight_delays.groups import SCHEDULED_FLIGHTS
from tidegate_examples.flight_delays.steps.times import PREDICTION_LEAD


def build(sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return the flights that are scheduled on the days of the period, as published.

    Flights without a tailnum are left out. All of them were cancelled, so that their missing aircraft features would reveal the
    outcome. They still count in the congestion, which does not show which flight has no aircraft.
    """
    is_in_period = F.col("flight_date").between(F.lit(period.first_day), F.lit(period.last_day))
    local = F.from_utc_timestamp("scheduled_departure", period.zone)
    same_hour = Window.partitionBy("origin", F.date_trunc("hour", "scheduled_departure"))
    return (
        sources["schedules"]
        .filter(is_in_period)
        .withColumn("congestion", F.count(F.lit(1)).over(same_hour).cast("int"))
        .filter(F.col("tailnum").isNotNull())
        .withColumns(
            {
                "scheduled_hour": F.hour(local),
                "scheduled_weekday": F.weekday(local) + 1,
                "event_time": F.col("scheduled_departure") - F.lit(PREDICTION_LEAD),
                "available_at": F.col("published_at"),
            }
        )
        .select(SCHEDULED_FLIGHTS.schema.fieldNames())
    )
