"""Store the departures, arrivals and cancellations as they are. The feature view counts them in its aggregates."""

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate import Period
from tidegate_examples.flight_delays.groups import MOVEMENTS
from tidegate_examples.flight_delays.steps.times import within


def build(sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return the movements that became known in the period."""
    times = {"event_time": F.col("happened_at"), "available_at": F.col("known_at")}
    known = sources["movements"].filter(within("known_at", period))
    return known.withColumns(times).select(MOVEMENTS.schema.fieldNames())
