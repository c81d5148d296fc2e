"""Frames of the flight feed: tiny ones written in a test, and a slice of the real data."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureGroup, struct_type
from tidegate.feature_groups.steps.stored_source import copied_rows
from tidegate_examples.flight_delays import flights, groups
from tidegate_examples.flight_delays.landing import to_frame
from tidegate_examples.flight_delays.sources import MOVEMENTS, PLANES, SCHEDULES, WEATHER

Rows = Callable[..., DataFrame]


def with_moments(spark: SparkSession, rows: Sequence[tuple[Any, ...]], schema: T.StructType) -> DataFrame:
    """Make a frame of rows in which dates and UTC timestamps are written as strings."""
    moments = (T.TimestampType, T.DateType)
    written = [T.StructField(f.name, T.StringType() if isinstance(f.dataType, moments) else f.dataType) for f in schema]
    frame = spark.createDataFrame(list(rows), T.StructType(written))
    return frame.select([F.col(f.name).cast(f.dataType).alias(f.name) for f in schema])


@pytest.fixture
def movements(spark: SparkSession) -> Rows:
    """Makes movements of (tailnum, kind, happened_at, delay): UA 1, 2, ... from EWR to IAH, known 5 minutes later."""

    def make(*rows: tuple[str | None, str, str, float | None], **columns: str) -> DataFrame:
        day = rows[0][2][:10]
        full = [(day, "UA", n, "EWR", tail, "IAH", kind, at, late, at) for n, (tail, kind, at, late) in enumerate(rows)]
        frame = with_moments(spark, full, struct_type(MOVEMENTS.fields))
        known = frame.withColumn("known_at", F.col("happened_at") + F.expr("INTERVAL 5 MINUTES"))
        return known.withColumns({name: F.lit(value) for name, value in columns.items()})

    return make


@pytest.fixture
def stored_movements(movements: Rows) -> Rows:
    """Makes rows of the feature group of movements, of the same tuples."""

    def make(*rows: tuple[str | None, str, str, float | None]) -> DataFrame:
        return copied_rows(movements(*rows), MOVEMENTS, groups.MOVEMENTS)

    return make


@pytest.fixture
def group_rows(spark: SparkSession) -> Rows:
    """Makes rows of a feature group: its fields, then event_time and available_at."""

    def make(group: FeatureGroup, *rows: tuple[Any, ...]) -> DataFrame:
        return with_moments(spark, rows, group.schema)

    return make


@pytest.fixture(scope="module")
def real_sources(spark_of_process: SparkSession) -> Mapping[str, DataFrame]:
    """Two weeks around the start of daylight saving time with four weeks before: every second flight or so."""
    first, last = date(2013, 2, 4), date(2013, 3, 17)
    frames = {
        "schedules": to_frame(spark_of_process, _thinned(flights.schedules(first, last)), SCHEDULES.fields),
        "movements": to_frame(spark_of_process, _thinned(flights.movements(first, last)), MOVEMENTS.fields),
        "weather": to_frame(spark_of_process, flights.weather(first, last), WEATHER.fields),
        "planes": to_frame(spark_of_process, flights.planes(), PLANES.fields),
    }
    return {name: frame.coalesce(1) for name, frame in frames.items()}


def _thinned(rows: Any) -> Any:
    return rows[rows["carrier"].isin(["DL", "US", "HA", "F9", "OO"])]
