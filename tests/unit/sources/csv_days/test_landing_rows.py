"""How many rows landing files hold, by their sizes: within a factor of two of the lines that are there."""

import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T
from tidegate.sources.csv_days.landing_rows import landing_rows

from tidegate import CsvSource, Field
from tidegate.period import Period

FIRST = date(2024, 1, 1)
SOURCE = CsvSource(
    "readings",
    (
        Field("sensor", T.LongType(), "sensor"),
        Field("observed_at", T.TimestampType(), "when"),
        Field("level", T.DoubleType(), "level"),
        Field("place", T.StringType(), "where"),
    ),
    key=("sensor", "observed_at"),
    daily=True,
)


def lines(day: date, rows: int) -> str:
    return "sensor,observed_at,level,place\n" + "".join(f"{n},{day}T12:00:00Z,{n / 7:.2f},quay {n % 9}\n" for n in range(rows))


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """Ten days of 1,000 lines, the last of them compressed."""
    for number in range(10):
        day = FIRST + timedelta(days=number)
        folder = tmp_path / "readings" / f"day={day}"
        folder.mkdir(parents=True)
        if number == 9:
            (folder / "part-0.csv.gz").write_bytes(gzip.compress(lines(day, 1000).encode()))
        else:
            (folder / "part-0.csv").write_text(lines(day, 1000))
        (folder / "_SUCCESS").write_text("no line")
    return tmp_path


def period(first: int, days: int) -> Period:
    return Period(FIRST + timedelta(days=first), FIRST + timedelta(days=first + days - 1))


@pytest.mark.parametrize(("first", "days", "rows"), [(0, 1, 1_000), (0, 9, 9_000), (9, 1, 1_000), (-5, 30, 10_000), (20, 3, 0)])
def test_rows_are_those_of_the_period_within_a_factor_of_two(
    spark: SparkSession, landing: Path, first: int, days: int, rows: int
) -> None:
    found = landing_rows(spark, SOURCE, str(landing), period(first, days), enough=10**9)
    assert rows / 2 <= found <= rows * 2


def test_listing_ends_where_enough_is_found(spark: SparkSession, landing: Path) -> None:
    found = landing_rows(spark, SOURCE, str(landing), period(0, 9), enough=1_500)
    assert 1_500 < found < 4_000


def test_a_source_that_has_not_landed_has_no_rows(spark: SparkSession, tmp_path: Path) -> None:
    assert landing_rows(spark, SOURCE, str(tmp_path), period(0, 9), enough=10) == 0
