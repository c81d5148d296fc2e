"""A small feature pipeline for benchmarks, which stores the readings of sensors as they are and aggregated by the hour."""

from datetime import timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Csv, FeatureGroup, FeatureStep, Field, Source, reads

SENSOR = Field("sensor", T.LongType(), "the sensor")
TEMPERATURE = Field("temperature", T.DoubleType(), "of the air", "degrees Celsius")
HUMIDITY = Field("humidity", T.DoubleType(), "of the air", "per cent")
SERIAL = Field("serial", T.LongType(), "number of the report")

READINGS = Source(
    name="readings",
    fields=(SENSOR, Field("observed_at", T.TimestampType(), "when it was measured, UTC"), TEMPERATURE, HUMIDITY, SERIAL),
    format=Csv(),
    event_time="observed_at",
    available_at="observed_at",
    by_day=True,
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
    history="all",
)


def hours(reports: DataFrame) -> DataFrame:
    """Return the mean and largest values of each sensor and hour, which become known at the end of the hour."""
    measures = [
        function(name).alias(f"{name}_{what}")
        for name in (TEMPERATURE.name, HUMIDITY.name)
        for what, function in (("mean", F.mean), ("max", F.max))
    ]
    hour = F.date_trunc("hour", "event_time").alias("event_time")
    known = (F.col("event_time") + F.expr("INTERVAL 1 HOUR")).alias("available_at")
    return reports.groupBy("sensor", hour).agg(*measures).select("*", known)


STEPS = (FeatureStep(REPORTS, (READINGS,)), FeatureStep(HOURS, (reads(REPORTS, after=timedelta(hours=1)),), hours))
