"""What the dashboard shows, computed in Spark: each function returns a frame whose size does not grow with the data."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidegate_examples.flight_delays.sources import FLIGHT_KEY, ZONE

# Cancellations become known before the day's last departures: while a day goes on, its known flights are the bad ones.
SETTLED_SHARE = 0.9
MOST_DAYS = 366
MOST_VERSIONS = 10
Z_95 = 1.959964


def with_outcomes(predictions: DataFrame, outcomes: DataFrame) -> DataFrame:
    """Return the champion's predictions, each with its outcome; NULL where that is not known yet.

    A flight that is moved to another time is predicted again, so the time is part of what outcomes are joined by.
    The columns are named one by one, so that the tail number (personal) goes no further than here.
    `known_share` is the share of the day's predicted flights whose outcome is known.
    """
    same_flight = [*FLIGHT_KEY, "prediction_time"]
    timed = outcomes.withColumnRenamed("event_time", "prediction_time")
    known = timed.select(*same_flight, "delayed", "cancelled", "departure_delay_minutes")
    day = Window.partitionBy("flight_date")
    local_departure = F.from_utc_timestamp("scheduled_departure", ZONE)
    return (
        predictions.where(F.col("arm") == "champion")
        .select(*same_flight, "dest", "probability", local_departure.alias("local_departure"))
        .join(known, on=same_flight, how="left")
        .drop("prediction_time")
        .withColumn("known_share", F.avg(F.col("delayed").isNotNull().cast("double")).over(day))
    )


def risk_by_hour(flights: DataFrame) -> DataFrame:
    """Mean predicted risk by airport and New York hour of the scheduled departure (24 rows an airport at most)."""
    return (
        flights.groupBy("origin", F.hour("local_departure").alias("hour"))
        .agg(F.count("*").alias("flights"), F.avg("probability").alias("risk"))
        .orderBy("origin", "hour")
    )


def reliability(flights: DataFrame) -> DataFrame:
    """Predicted risk against the share that was late, in ten groups of nearly the same size, lowest risk first.

    Only settled days count. Groups are fewer than ten where many flights have the same risk.
    """
    settled = flights.where(is_settled()).where(F.col("delayed").isNotNull())
    tenths = [tenth / 10 for tenth in range(1, 10)]
    cuts = settled.agg(F.percentile_approx("probability", tenths, 10_000).alias("cuts"))
    group = F.size(F.filter("cuts", lambda cut: F.col("probability") > cut))
    grouped = (
        settled.crossJoin(F.broadcast(cuts))
        .groupBy(group.alias("decile"))
        .agg(F.count("*").alias("flights"), F.avg("probability").alias("risk"), F.avg("delayed").alias("late_share"))
    )
    lower, upper = wilson_interval(F.col("late_share"), F.col("flights"))
    return grouped.withColumns({"late_low": lower, "late_high": upper}).orderBy("decile")


def riskiest(flights: DataFrame, rows: int) -> DataFrame:
    """The flights with the highest risk on the last predicted day, with `day_flights`, how many that day has."""
    last_day = flights.agg(F.max("flight_date").alias("flight_date"))
    day = flights.join(F.broadcast(last_day), on="flight_date", how="inner")
    return (
        day.withColumn("day_flights", F.count("*").over(Window.partitionBy("flight_date")))
        .orderBy(F.desc("probability"), "local_departure", "carrier", "flight", "origin")
        .limit(rows)
        .drop("known_share")
    )


def risk_by_day(flights: DataFrame) -> DataFrame:
    """Flights and mean predicted risk a day, and on settled days the share that was late; the newest 366 days."""
    late_share = F.when(F.first("known_share") >= SETTLED_SHARE, F.avg("delayed"))
    return (
        flights.groupBy("flight_date")
        .agg(
            F.count("*").alias("flights"),
            F.count("delayed").alias("known"),
            F.avg("probability").alias("risk"),
            late_share.alias("late_share"),
        )
        .orderBy(F.desc("flight_date"))
        .limit(MOST_DAYS)
        .orderBy("flight_date")
    )


def versions(predictions: DataFrame) -> DataFrame:
    """What made the predictions, newest first: one row a release, with the table versions of its newest batch."""
    made_by = ["model_name", "model_version", "release", "arm", "feature_view", "feature_view_version"]
    return (
        predictions.groupBy(*made_by)
        .agg(
            F.count("*").alias("flights"),
            F.min("flight_date").alias("first_day"),
            F.max("flight_date").alias("last_day"),
            F.max("scored_at").alias("scored_at"),
            F.max_by("feature_table_versions", "scored_at").alias("feature_table_versions"),
        )
        .orderBy(F.desc("scored_at"), *made_by)
        .limit(MOST_VERSIONS)
    )


def is_settled() -> Column:
    """True on days whose outcomes are nearly all known, so that their late share is not of early bad news only."""
    return F.col("known_share") >= SETTLED_SHARE


def wilson_interval(share: Column, count: Column) -> tuple[Column, Column]:
    """95 % interval of a share of `count` flights, taken as independent (on one stormy day they are not)."""
    scale = 1 + Z_95**2 / count
    middle = (share + Z_95**2 / (2 * count)) / scale
    half = Z_95 * F.sqrt(share * (1 - share) / count + Z_95**2 / (4 * count * count)) / scale
    return middle - half, middle + half
