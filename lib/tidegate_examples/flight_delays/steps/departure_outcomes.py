"""Compute the labels from the departures and cancellations that became known."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate_examples.flight_delays.groups import CANCELLED, DEPARTURE_OUTCOMES, LATE, ON_TIME
from tidegate_examples.flight_delays.steps.times import DELAYED_FROM_MINUTES, PREDICTION_LEAD


def build(movements: DataFrame) -> DataFrame:
    """Return the outcomes of departures and cancellations.

    The scheduled departure is the time of the departure minus its delay; a cancellation has the time of the scheduled departure.
    Flights without a tailnum are left out, as in `scheduled_flights`.
    """
    is_cancelled = F.col("kind") == "cancelled"
    minutes_late = F.coalesce("delay_minutes", F.lit(0.0))
    scheduled_departure = F.col("happened_at") - F.make_dt_interval(mins=minutes_late.cast("int"))
    return (
        movements.where(F.col("kind").isin("departed", "cancelled") & F.col("tailnum").isNotNull())
        .withColumns(
            {
                "delayed": (is_cancelled | (minutes_late >= DELAYED_FROM_MINUTES)).cast("int"),
                "departure_delay_minutes": F.col("delay_minutes"),
                "cancelled": is_cancelled.cast("int"),
                "event_time": scheduled_departure - F.lit(PREDICTION_LEAD),
                "available_at": F.col("known_at"),
            }
        )
        .transform(with_departure)
        .select(DEPARTURE_OUTCOMES.schema.fieldNames())
    )


def with_departure(outcomes: DataFrame) -> DataFrame:
    """Add `departure`: whether a flight was on time, late or cancelled. It is NULL in a row that no longer holds."""
    is_late = F.when(F.col("delayed") == 1, LATE).when(F.col("delayed") == 0, ON_TIME)
    return outcomes.withColumn("departure", F.when(F.col("cancelled") == 1, CANCELLED).otherwise(is_late))
