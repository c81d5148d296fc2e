from collections.abc import Callable
from datetime import date

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from tidegate_examples.flight_delays.steps.origin_weather import build

from tidegate import Period
from tidegate_examples.flight_delays.groups import ORIGIN_WEATHER
from tidegate_examples.flight_delays.sources import WEATHER, ZONE

DAY = Period(date(2013, 7, 1), date(2013, 7, 1), ZONE)
Rows = Callable[..., DataFrame]


def test_build_has_weather_available_when_it_was_published(spark: SparkSession, group_rows: Rows) -> None:
    values = (70.0, 60.0, 50.0, 180.0, 10.0, 0.0, 1000.0, 10.0)
    hours = [("2013-07-01 04:00", "2013-07-01 05:15"), ("2013-07-02 04:00", "2013-07-02 05:15")]
    rows = [("EWR", observed, *values, published) for observed, published in hours]
    source = spark.createDataFrame(rows, [field.name for field in WEATHER.fields]).selectExpr(
        *(f"CAST({field.name} AS {field.type.simpleString()})" for field in WEATHER.fields)
    )

    actual = build({"weather": source}, DAY)

    assert_df_equality(actual, group_rows(ORIGIN_WEATHER, ("EWR", *values, *hours[0])), ignore_nullable=True)
