"""The steps without a transformation copy the rows of their source, with the times that the source declares."""

from collections.abc import Callable

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from tidegate_examples.flight_delays.groups import MOVEMENTS, ORIGIN_WEATHER
from tidegate_examples.flight_delays.sources import WEATHER
from tidegate_examples.flight_delays.steps import FEATURE_STEPS

Rows = Callable[..., DataFrame]
STEPS = {step.group: step for step in FEATURE_STEPS}


def test_movements_are_copied_with_the_time_at_which_they_were_known(movements: Rows, group_rows: Rows) -> None:
    source = movements(("N1", "departed", "2013-01-03 04:57", 5.0), (None, "cancelled", "2013-01-03 04:58", None))

    actual = STEPS[MOVEMENTS].rows([source])

    key = ("2013-01-03", "UA")
    expected = group_rows(
        MOVEMENTS,
        (*key, 0, "EWR", "N1", "IAH", "departed", 5.0, "2013-01-03 04:57", "2013-01-03 05:02"),
        (*key, 1, "EWR", None, "IAH", "cancelled", None, "2013-01-03 04:58", "2013-01-03 05:03"),
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_weather_is_available_when_it_was_published(spark: SparkSession, group_rows: Rows) -> None:
    row = ("EWR", "2013-07-01 04:00", 70.0, 60.0, 50.0, 180.0, 10.0, 0.0, 1000.0, 10.0, "2013-07-01 05:15")
    source = spark.createDataFrame([row], [field.name for field in WEATHER.fields]).selectExpr(
        *(f"CAST({field.name} AS {field.type.simpleString()})" for field in WEATHER.fields)
    )

    actual = STEPS[ORIGIN_WEATHER].rows([source])

    expected = group_rows(ORIGIN_WEATHER, ("EWR", *row[2:-1], row[1], row[-1]))
    assert_df_equality(actual, expected, ignore_nullable=True)
