"""The queries of the dashboard, in Spark. Each returns a frame whose size does not grow with the data, but `with_outcomes`."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidegate_examples.flight_delays.sources import FLIGHT_KEY, ZONE

# Cancellations become known before the last departures of a day, so the outcomes of an unfinished day look worse than they are.
SETTLED_SHARE = 0.9
MOST_DAYS = 366
MOST_VERSIONS = 10
Z_95 = 1.959964


def with_outcomes(predictions: DataFrame, outcomes: DataFrame) -> DataFrame:
    """Return the champion's predictions with their outcomes, which are NULL if they are not known yet.

    A flight that is moved to another time is predicted again, so the join includes the prediction time. The columns are selected
    by name, so that the tail number, which is personal, is left out. The column `known_share` is the share of the predicted
    flights of a day whose outcome is known.
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
    """Return the mean predicted risk by airport and New York hour of the scheduled departure: up to 24 rows per airport."""
    return (
        flights.groupBy("origin", F.hour("local_departure").alias("hour"))
        .agg(F.count("*").alias("flights"), F.avg("probability").alias("risk"))
        .orderBy("origin", "hour")
    )


def reliability(flights: DataFrame) -> DataFrame:
    """Return the predicted risk and the share that was late, in ten groups of nearly the same size, lowest risk first.

    Only settled days are included. If many flights have the same risk, there are fewer than ten groups.
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
    """Return the flights with the highest risk on the last predicted day.

    The column `day_flights` is the number of predicted flights on that day.

    Args:
        flights: Predictions with outcomes, as `with_outcomes` returns them.
        rows: Number of flights to return.
    """
    last_day = flights.agg(F.max("flight_date").alias("flight_date"))
    day = flights.join(F.broadcast(last_day), on="flight_date", how="inner")
    return (
        day.withColumn("day_flights", F.count("*").over(Window.partitionBy("flight_date")))
        .orderBy(F.desc("probability"), "local_departure", "carrier", "flight", "origin")
        .limit(rows)
        .drop("known_share")
    )


def risk_by_day(flights: DataFrame) -> DataFrame:
    """Return the flights and the mean predicted risk of each day, and the share that was late on settled days.

    Only the newest 366 days are returned.
    """
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
    """Return the versions that made the predictions, newest first.

    There is one row for each release, with the table versions that its newest batch read.
    """
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
    """Return whether the outcomes of a row's day are nearly all known, so that its share of late flights is meaningful."""
    return F.col("known_share") >= SETTLED_SHARE


def wilson_interval(share: Column, count: Column) -> tuple[Column, Column]:
    """Return the 95 % Wilson score interval of a share of `count` flights.

    It treats the flights as independent, which they are not on a stormy day. Source: E. B. Wilson, "Probable Inference, the Law
    of Succession, and Statistical Inference", Journal of the American Statistical Association 22(158), 1927.
    """
    scale = 1 + Z_95**2 / count
    middle = (share + Z_95**2 / (2 * count)) / scale
    half = Z_95 * F.sqrt(share * (1 - share) / count + Z_95**2 / (4 * count * count)) / scale
    return middle - half, middle + half
