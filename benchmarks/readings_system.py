"""A small feature pipeline for benchmarks, which stores the readings of sensors as they are and aggregated by the hour."""

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import CsvSource, FeatureGroup, FeaturePipeline, FeatureStep, Field
from tidegate.period import Period

SENSOR = Field("sensor", T.LongType(), "the sensor")
TEMPERATURE = Field("temperature", T.DoubleType(), "of the air", "degrees Celsius")
HUMIDITY = Field("humidity", T.DoubleType(), "of the air", "per cent")
SERIAL = Field("serial", T.LongType(), "number of the report")

READINGS = CsvSource(
    name="readings",
    fields=(SENSOR, Field("observed_at", T.TimestampType(), "when it was measured, UTC"), TEMPERATURE, HUMIDITY, SERIAL),
    key=("sensor", "observed_at", "serial"),
    daily=True,
)
REPORTS = FeatureGroup("reports", 1, ("sensor", "serial"), (SENSOR, TEMPERATURE, HUMIDITY, SERIAL), "readings as they came")
HOURS = FeatureGroup(
    "hours",
    1,
    ("sensor",),
    (
        SENSOR,
        *(
            Field(f"{of.name}_{what}", T.DoubleType(), f"{what} of the hour")
            for of in (TEMPERATURE, HUMIDITY)
            for what in ("mean", "max")
        ),
    ),
    "readings by the hour",
)


def reports(sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return the readings, with their time renamed to `event_time`."""
    return sources["readings"].withColumnRenamed("observed_at", "event_time").withColumn("available_at", F.col("event_time"))


def hours(sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return the mean and largest values of each sensor and hour, which become known at the end of the hour."""
    measures = [
        function(name).alias(f"{name}_{what}")
        for name in (TEMPERATURE.name, HUMIDITY.name)
        for what, function in (("mean", F.mean), ("max", F.max))
    ]
    hour = F.date_trunc("hour", "observed_at").alias("event_time")
    known = (F.col("event_time") + F.expr("INTERVAL 1 HOUR")).alias("available_at")
    return sources["readings"].groupBy("sensor", hour).agg(*measures).select("*", known)


FEATURES = FeaturePipeline(
    "readings", (READINGS,), (FeatureStep(REPORTS, ("readings",), reports), FeatureStep(HOURS, ("readings",), hours))
)
