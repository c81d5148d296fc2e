from collections.abc import Callable

from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from tidegate import struct_type
from tidegate_examples.flight_delays.groups import SCHEDULED_FLIGHTS
from tidegate_examples.flight_delays.sources import SCHEDULES
from tidegate_examples.flight_delays.steps.scheduled_flights import build

Rows = Callable[..., DataFrame]


def test_build_leaves_out_but_counts_flights_without_aircraft(spark: SparkSession, group_rows: Rows) -> None:
    published, later = "2013-06-24 04:00", "2013-06-25 04:00"

    def flight(number: int, tailnum: str | None, departure: str, published_at: str = published) -> tuple[object, ...]:
        return ("2013-07-01", "UA", number, "EWR", "IAH", tailnum, departure, departure, 1400.0, published_at)

    written = struct_type(SCHEDULES.fields).simpleString()
    source = spark.createDataFrame(
        [
            flight(1, "N1", "2013-07-01 10:10"),
            # The congestion of the hour is known when this flight is published, too.
            flight(2, None, "2013-07-01 10:50", later),
            flight(3, "N3", "2013-07-01 11:00"),
        ],
        written.removeprefix("struct<").removesuffix(">").replace("timestamp", "string").replace("date:date", "date:string"),
    ).selectExpr(*(f"CAST({field.name} AS {field.type.simpleString()})" for field in SCHEDULES.fields))

    actual = build(source)

    key, place = ("2013-07-01", "UA"), ("EWR", "IAH")
    expected = group_rows(
        SCHEDULED_FLIGHTS,
        (*key, 1, *place, "N1", "2013-07-01 10:10", 6, 1, 1400.0, 2, "2013-07-01 08:10", later),
        (*key, 3, *place, "N3", "2013-07-01 11:00", 7, 1, 1400.0, 1, "2013-07-01 09:00", published),
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)
