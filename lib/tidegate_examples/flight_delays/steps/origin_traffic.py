"""Compute the departures, delays and cancellations at each origin, as known at every quarter of an hour."""

from collections.abc import Mapping
from datetime import timedelta

from pyspark.sql import Column, DataFrame, WindowSpec
from pyspark.sql import functions as F

from tidegate import Period
from tidegate_examples.flight_delays.groups import ORIGIN_TRAFFIC, TRAFFIC_HOURS
from tidegate_examples.flight_delays.sources import ORIGINS
from tidegate_examples.flight_delays.steps.times import last, within

GRID = timedelta(minutes=15)
# A history of 24 hours reaches into the day before and, after a day with 23 hours, into the one before that.
WARM_UP_DAYS = 2

KEY = ("origin",)


def build(sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return one row for each origin and quarter of an hour, with what had become known by then."""
    movements = sources["movements"]
    counted = _per_grid_time(movements).unionByName(_empty_grid(movements, period), allowMissingColumns=True)
    summed = counted.groupBy(*KEY, "grid_time").agg(
        *(F.sum(name).alias(name) for name in ("departures", "delay_minutes", "cancellations"))
    )
    features: dict[str, Column] = {}
    for hours in TRAFFIC_HOURS:
        features.update(_features(last(KEY, "grid_time", timedelta(hours=hours)), hours))
    times = {"event_time": F.col("grid_time"), "available_at": F.col("grid_time")}
    rows = summed.withColumns({**features, **times}).filter(within("grid_time", period))
    return rows.select(ORIGIN_TRAFFIC.schema.fieldNames())


def _per_grid_time(movements: DataFrame) -> DataFrame:
    """Count the movements at the first quarter of an hour at which they are known."""
    length = int(GRID.total_seconds())
    grid_time = F.timestamp_seconds(F.ceil(F.unix_micros("known_at") / F.lit(length * 1e6)) * length)
    is_departure = F.col("kind") == "departed"
    return movements.groupBy(*KEY, grid_time.alias("grid_time")).agg(
        F.count_if(is_departure).alias("departures"),
        F.sum(F.when(is_departure, F.col("delay_minutes"))).alias("delay_minutes"),
        F.count_if(F.col("kind") == "cancelled").alias("cancellations"),
    )


def _empty_grid(movements: DataFrame, period: Period) -> DataFrame:
    """Return every origin at every quarter of an hour with zero departures, so that quiet nights have rows too."""
    last_time = period.end - GRID
    times = F.sequence(F.lit(period.start), F.lit(last_time), F.lit(GRID))
    # An aggregate without a key always has exactly one row. This makes a frame of literals without needing the session.
    one_row = movements.limit(1).agg(F.lit(0).cast("long").alias("departures"))
    origins = one_row.withColumn("origin", F.explode(F.array(*(F.lit(origin) for origin in ORIGINS))))
    return origins.withColumn("grid_time", F.explode(times))


def _features(window: WindowSpec, hours: int) -> dict[str, Column]:
    departures = F.sum("departures").over(window)
    delay = F.sum("delay_minutes").over(window)
    return {
        f"origin_departures_{hours}h": departures,
        f"origin_mean_delay_{hours}h": F.when(departures > 0, delay / departures),
        f"origin_cancellations_{hours}h": F.coalesce(F.sum("cancellations").over(window), F.lit(0)),
    }
