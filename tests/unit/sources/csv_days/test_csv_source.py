from datetime import date, datetime
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.errors import DefinitionError
from tidegate.period import Period
from tidegate.schema import Field, struct_type
from tidegate.sources import CsvSource, read_csv_source

TIDES = CsvSource(
    name="tides",
    fields=(
        Field("station", T.StringType(), "station"),
        Field("seen_at", T.TimestampType(), "moment, UTC"),
        Field("feet", T.DoubleType(), "height", "feet"),
    ),
    key=("station", "seen_at"),
    daily=True,
)


def write_day(root: Path, day: str, *lines: str) -> None:
    folder = root / "tides" / f"day={day}"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("\n".join(["station,seen_at,feet", *lines]))


def test_read_csv_source_reads_exactly_the_days_of_the_period(spark: SparkSession, tmp_path: Path) -> None:
    write_day(tmp_path, "2013-01-01", "A,2013-01-01T00:00:00.000Z,1")
    write_day(tmp_path, "2013-01-02", "B,2013-01-02T01:02:03.000004Z,-1.5", '"C, D",2013-01-02T00:00:00Z,')
    write_day(tmp_path, "2013-01-04", "E,2013-01-04T00:00:00Z,1")

    actual = read_csv_source(spark, TIDES, str(tmp_path), Period(date(2013, 1, 2), date(2013, 1, 3)))

    rows = [("B", datetime(2013, 1, 2, 1, 2, 3, 4), -1.5), ("C, D", datetime(2013, 1, 2), None)]  # noqa: DTZ001
    expected = spark.createDataFrame(rows, struct_type(TIDES.fields))
    assert_df_equality(actual, expected, ignore_row_order=True)


def test_read_csv_source_returns_an_empty_frame_where_no_day_is_there(spark: SparkSession, tmp_path: Path) -> None:
    actual = read_csv_source(spark, TIDES, str(tmp_path), Period(date(2013, 1, 2), date(2013, 1, 3)))

    assert_df_equality(actual, spark.createDataFrame([], struct_type(TIDES.fields)))


def test_csv_source_refuses_names_that_are_no_fields() -> None:
    with pytest.raises(DefinitionError, match="source .tides.: personal names .fete., .* Did you mean .feet."):
        CsvSource("tides", TIDES.fields, ("station",), daily=True, personal=("fete",))
