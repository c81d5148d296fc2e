from collections.abc import Callable
from datetime import date

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from tidegate import Period, struct_type
from tidegate_examples.flight_delays.groups import DEPARTURE_OUTCOMES, ORIGIN_WEATHER, SCHEDULED_FLIGHTS
from tidegate_examples.flight_delays.sources import SCHEDULES, WEATHER, ZONE
from tidegate_examples.flight_delays.steps import departure_outcomes, origin_weather, scheduled_flights

DAY = Period(date(2013, 7, 1), date(2013, 7, 1), ZONE)
Rows = Callable[..., DataFrame]


def test_scheduled_flights_leave_out_but_count_flights_without_aircraft(spark: SparkSession, group_rows: Rows) -> None:
    def flight(number: int, tailnum: str | None, departure: str, day: str = "2013-07-01") -> tuple[object, ...]:
        return (day, "UA", number, "EWR", "IAH", tailnum, departure, departure, 1400.0, "2013-06-24 04:00")

    written = struct_type(SCHEDULES.fields).simpleString()
    source = spark.createDataFrame(
        [
            flight(1, "N1", "2013-07-01 10:10"),
            flight(2, None, "2013-07-01 10:50"),
            flight(3, "N3", "2013-07-01 11:00"),
            flight(4, "N4", "2013-07-02 10:10", "2013-07-02"),
        ],
        written.removeprefix("struct<").removesuffix(">").replace("timestamp", "string").replace("date:date", "date:string"),
    ).selectExpr(*(f"CAST({field.name} AS {field.type.simpleString()})" for field in SCHEDULES.fields))

    actual = scheduled_flights.build({"schedules": source}, DAY)

    key, place = ("2013-07-01", "UA"), ("EWR", "IAH")
    published = "2013-06-24 04:00"
    expected = group_rows(
        SCHEDULED_FLIGHTS,
        (*key, 1, *place, "N1", "2013-07-01 10:10", 6, 1, 1400.0, 2, "2013-07-01 08:10", published),
        (*key, 3, *place, "N3", "2013-07-01 11:00", 7, 1, 1400.0, 1, "2013-07-01 09:00", published),
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_departure_outcomes_are_known_once_the_flight_left_or_was_cancelled(movements: Rows, group_rows: Rows) -> None:
    source = movements(
        ("N1", "departed", "2013-07-01 10:14", 14.0),
        ("N2", "departed", "2013-07-01 10:15", 15.0),
        ("N3", "departed", "2013-07-01 09:55", -5.0),
        ("N4", "cancelled", "2013-07-01 10:00", None),
        (None, "cancelled", "2013-07-01 10:00", None),
        ("N1", "arrived", "2013-07-01 14:00", 99.0),
        ("N5", "departed", "2013-07-02 03:55", 5.0),  # known at midnight: belongs to the next day
    )

    actual = departure_outcomes.build({"movements": source}, DAY)

    key, at = ("2013-07-01", "UA"), "2013-07-01 08:00"
    expected = group_rows(
        DEPARTURE_OUTCOMES,
        (*key, 0, "EWR", "IAH", "N1", 0, 14.0, 0, at, "2013-07-01 10:19"),
        (*key, 1, "EWR", "IAH", "N2", 1, 15.0, 0, at, "2013-07-01 10:20"),
        (*key, 2, "EWR", "IAH", "N3", 0, -5.0, 0, at, "2013-07-01 10:00"),
        (*key, 3, "EWR", "IAH", "N4", 1, None, 1, at, "2013-07-01 10:05"),
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_origin_weather_is_available_when_published(spark: SparkSession, group_rows: Rows) -> None:
    values = (70.0, 60.0, 50.0, 180.0, 10.0, 0.0, 1000.0, 10.0)
    hours = [("2013-07-01 04:00", "2013-07-01 05:15"), ("2013-07-02 04:00", "2013-07-02 05:15")]
    rows = [("EWR", observed, *values, published) for observed, published in hours]
    source = spark.createDataFrame(rows, [field.name for field in WEATHER.fields]).selectExpr(
        *(f"CAST({field.name} AS {field.type.simpleString()})" for field in WEATHER.fields)
    )

    actual = origin_weather.build({"weather": source}, DAY)

    assert_df_equality(actual, group_rows(ORIGIN_WEATHER, ("EWR", *values, *hours[0])), ignore_nullable=True)
