"""Compute the weather at the origins."""

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate import Period
from tidegate_examples.flight_delays.groups import ORIGIN_WEATHER
from tidegate_examples.flight_delays.steps.times import within


def build(sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return the hours that were observed in the period. Each is known from when the feed published it, not from its start."""
    times = {"event_time": F.col("observed_hour"), "available_at": F.col("published_at")}
    observed = sources["weather"].filter(within("observed_hour", period))
    return observed.withColumns(times).select(ORIGIN_WEATHER.schema.fieldNames())
