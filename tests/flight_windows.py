"""The flight system's features as window functions over the feed, before they became aggregates of the feature view."""

from collections.abc import Sequence
from datetime import timedelta

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from tidegate import Period
from tidegate_examples.flight_delays.sources import ORIGINS
from tidegate_examples.flight_delays.steps.times import DELAYED_FROM_MINUTES
from tidegate_examples.flight_delays.view import HISTORY_DAYS, TRAFFIC_HOURS

MEMORY = timedelta(days=7)
GRID = timedelta(minutes=15)
COUNTS = ("departures", "delay_minutes", "delayed", "cancelled")


def within(column: str, period: Period) -> Column:
    """Return whether a moment is in the period."""
    return (F.col(column) >= F.lit(period.start)) & (F.col(column) < F.lit(period.end))


def aircraft(movements: DataFrame, period: Period) -> DataFrame:
    """Return one row for each aircraft and moment at which a departure or arrival of the aircraft became known."""
    memory = last(("tailnum",), "known_at", MEMORY)
    features = {
        "last_departure_delay": _newest("departed", memory)["delay"],
        "last_arrival_delay": _newest("arrived", memory)["delay"],
        "departures_24h": F.sum("departures").over(last(("tailnum",), "known_at", timedelta(hours=24))),
    }
    rows = _moments(movements).withColumns({**features, "event_time": F.col("known_at")}).filter(within("known_at", period))
    return rows.select("tailnum", "event_time", *features)


def _moments(movements: DataFrame) -> DataFrame:
    """Combine what became known about an aircraft at one moment in one row, so that the order of rows has no effect."""
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
    """Return the newest known movement of a kind as a struct, so that an older delay never replaces a NULL (diverted)."""
    return F.last(kind, ignorenulls=True).over(window)


def origin(movements: DataFrame, period: Period) -> DataFrame:
    """Return one row for each origin and quarter of an hour, with what had become known by then."""
    counted = _per_grid_time(movements).unionByName(_empty_grid(movements, period), allowMissingColumns=True)
    summed = counted.groupBy("origin", "grid_time").agg(
        *(F.sum(name).alias(name) for name in ("departures", "delay_minutes", "cancellations"))
    )
    features: dict[str, Column] = {}
    for hours in TRAFFIC_HOURS:
        features.update(_traffic(last(("origin",), "grid_time", timedelta(hours=hours)), hours))
    rows = summed.withColumns({**features, "event_time": F.col("grid_time")}).filter(within("grid_time", period))
    return rows.select("origin", "event_time", *features)


def _per_grid_time(movements: DataFrame) -> DataFrame:
    """Count the movements at the first quarter of an hour at which they are known."""
    length = int(GRID.total_seconds())
    grid_time = F.timestamp_seconds(F.ceil(F.unix_micros("known_at") / F.lit(length * 1e6)) * length)
    is_departure = F.col("kind") == "departed"
    return movements.groupBy("origin", grid_time.alias("grid_time")).agg(
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


def _traffic(window: WindowSpec, hours: int) -> dict[str, Column]:
    departures = F.sum("departures").over(window)
    delay = F.sum("delay_minutes").over(window)
    return {
        f"origin_departures_{hours}h": departures,
        f"origin_mean_delay_{hours}h": F.when(departures > 0, delay / departures),
        f"origin_cancellations_{hours}h": F.coalesce(F.sum("cancellations").over(window), F.lit(0)),
    }


def punctuality(movements: DataFrame, period: Period, key: tuple[str, ...], prefix: str) -> DataFrame:
    """Return one row for each key and day of the period, except for keys without a flight in the last 28 days."""
    days = _with_quiet_days(_per_day(movements, key, period), key, period)
    features: dict[str, Column] = {}
    for length in HISTORY_DAYS:
        by_day = Window.partitionBy(*key).orderBy(F.unix_date("day")).rangeBetween(1 - length, Window.currentRow)
        features.update(_punctuality(by_day, f"{prefix}_{{}}_{length}d"))
    longest = f"{prefix}_{{}}_{max(HISTORY_DAYS)}d"
    has_flown = (F.col(longest.format("departures")) > 0) | (F.col(longest.format("share_cancelled")) > 0)
    rows = days.withColumns({**features, "event_time": end_of_day(F.col("day"), period)})
    in_period = F.col("day").between(F.lit(period.first_day), F.lit(period.last_day))
    return rows.filter(in_period & has_flown).select(*key, "event_time", *features)


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


def _punctuality(window: WindowSpec, name: str) -> dict[str, Column]:
    departures, delay, delayed, cancelled = (F.sum(count).over(window) for count in COUNTS)
    flights = departures + cancelled
    return {
        name.format("departures"): departures,
        name.format("mean_delay"): F.when(departures > 0, delay / departures),
        name.format("share_delayed"): F.when(departures > 0, delayed / departures),
        name.format("share_cancelled"): F.when(flights > 0, cancelled / flights),
    }


def local_day(moment: Column, period: Period) -> Column:
    """Return the calendar day of a UTC moment in the period's zone."""
    return F.to_date(F.from_utc_timestamp(moment, period.zone))


def end_of_day(day: Column, period: Period) -> Column:
    """Return the first moment, in UTC, after a calendar day of the period's zone."""
    return F.to_utc_timestamp(F.date_add(day, 1).cast("timestamp"), period.zone)


def last(keys: Sequence[str], moment: str, length: timedelta) -> WindowSpec:
    """Return the window over the rows of a key from `length` before a row, excluded, up to the row, with its ties included.

    Args:
        keys: Columns of the key.
        moment: Timestamp column that orders the rows.
        length: Length of the window.
    """
    by_time = Window.partitionBy(*keys).orderBy(F.unix_micros(moment))
    return by_time.rangeBetween(1 - length // timedelta(microseconds=1), Window.currentRow)
