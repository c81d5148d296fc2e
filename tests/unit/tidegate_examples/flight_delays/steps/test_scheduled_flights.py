from collections.abc import Callable
from datetime import date

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from tidegate import Period, struct_type
from tidegate_examples.flight_delays.groups import SCHEDULED_FLIGHTS
from tidegate_examples.flight_delays.sources import SCHEDULES, ZONE
from tidegate_examples.flight_delays.steps.scheduled_flights import build

DAY = Period(date(2013, 7, 1), date(2013, 7, 1), ZONE)
Rows = Callable[..., DataFrame]


def test_build_leaves_out_but_counts_flights_without_aircraft(spark: SparkSession, group_rows: Rows) -> None:
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

    actual = build({"schedules": source}, DAY)

    key, place = ("2013-07-01", "UA"), ("EWR", "IAH")
    published = "2013-06-24 04:00"
    expected = group_rows(
        SCHEDULED_FLIGHTS,
        (*key, 1, *place, "N1", "2013-07-01 10:10", 6, 1, 1400.0, 2, "2013-07-01 08:10", published),
        (*key, 3, *place, "N3", "2013-07-01 11:00", 7, 1, 1400.0, 1, "2013-07-01 09:00", published),
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)
