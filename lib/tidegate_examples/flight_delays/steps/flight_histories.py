"""Compute the punctuality of carriers and routes, as known at the end of each New York day."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from tidegate import FeatureGroup, Period
from tidegate_examples.flight_delays.groups import CARRIER_HISTORY, HISTORY_DAYS, ROUTE_HISTORY
from tidegate_examples.flight_delays.steps.times import DELAYED_FROM_MINUTES, end_of_day, local_day

WARM_UP_DAYS = max(HISTORY_DAYS)
COUNTS = ("departures", "delay_minutes", "delayed", "cancelled")


def build_carrier(sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return one row for each carrier and day of the period, except for carriers without a flight in the last 28 days."""
    return _build(sources["movements"], period, CARRIER_HISTORY, "carrier")


def build_route(sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return one row for each route and day of the period, except for routes without a flight in the last 28 days."""
    return _build(sources["movements"], period, ROUTE_HISTORY, "route")


def _build(movements: DataFrame, period: Period, group: FeatureGroup, prefix: str) -> DataFrame:
    key = group.entity_key
    days = _with_quiet_days(_per_day(movements, key, period), key, period)
    features: dict[str, Column] = {}
    for length in HISTORY_DAYS:
        by_day = Window.partitionBy(*key).orderBy(F.unix_date("day")).rangeBetween(1 - length, Window.currentRow)
        features.update(_features(by_day, f"{prefix}_{{}}_{length}d"))
    known_at = end_of_day(F.col("day"), period)
    longest = f"{prefix}_{{}}_{max(HISTORY_DAYS)}d"
    has_flown = (F.col(longest.format("departures")) > 0) | (F.col(longest.format("share_cancelled")) > 0)
    return (
        days.withColumns({**features, "event_time": known_at, "available_at": known_at})
        .filter(F.col("day").between(F.lit(period.first_day), F.lit(period.last_day)) & has_flown)
        .select(group.schema.fieldNames())
    )


def _per_day(movements: DataFrame, key: tuple[str, ...], period: Period) -> DataFrame:
    """Count what became known on each day of the period's zone, regardless of when the flight was scheduled."""
    is_departure = F.col("kind") == "departed"
    is_late = is_departure & (F.col("delay_minutes") >= DELAYED_FROM_MINUTES)
    day = local_day(F.col("known_at"), period)
    return movements.groupBy(*key, day.alias("day")).agg(
        F.count_if(is_departure).alias("departures"),
        F.coalesce(F.sum(F.when(is_departure, F.col("delay_minutes"))), F.lit(0.0)).alias("delay_minutes"),
        F.count_if(is_late).alias("delayed"),
        F.count_if(F.col("kind") == "cancelled").alias("cancelled"),
    )


def _with_quiet_days(days: DataFrame, key: tuple[str, ...], period: Period) -> DataFrame:
    """Add a row of zeros for every key and day of the period, so that days without flights get a row too."""
    all_days = F.sequence(F.lit(period.first_day), F.lit(period.last_day))
    quiet = days.select(*key).distinct().withColumn("day", F.explode(all_days))
    both = days.unionByName(quiet, allowMissingColumns=True)
    return both.groupBy(*key, "day").agg(*(F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in COUNTS))


def _features(window: WindowSpec, name: str) -> dict[str, Column]:
    departures, delay, delayed, cancelled = (F.sum(count).over(window) for count in COUNTS)
    flights = departures + cancelled
    return {
        name.format("departures"): departures,
        name.format("mean_delay"): F.when(departures > 0, delay / departures),
        name.format("share_delayed"): F.when(departures > 0, delayed / departures),
        name.format("share_cancelled"): F.when(flights > 0, cancelled / flights),
    }
