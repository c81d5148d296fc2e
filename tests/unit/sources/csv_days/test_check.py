from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import types as T
from tidegate.sources.csv_days.check import checked_rows

from tidegate.errors import EmptySourceError, MissingDayError, WrongFilesError
from tidegate.period import Period
from tidegate.schema import Field
from tidegate.sources import CsvSource, check_source, read_csv_source

pytestmark = pytest.mark.slow

RIDES = CsvSource(
    name="rides",
    fields=(
        Field("ride", T.IntegerType(), "number of the ride"),
        Field("rider", T.StringType(), "name of the rider"),
        Field("started_at", T.TimestampType(), "start, UTC"),
        Field("ridden_on", T.DateType(), "day"),
        Field("miles", T.DoubleType(), "length", "miles"),
    ),
    key=("ride", "rider"),
    daily=True,
    personal=("rider",),
    required=("started_at",),
)
HEADER = "ride,rider,started_at,ridden_on,miles"
RIGHT = "1,Ada,2013-01-01T10:00:00.000Z,2013-01-01,2.5"
DAY = Period(date(2013, 1, 1), date(2013, 1, 1))

Deliver = Callable[..., str]


@pytest.fixture
def deliver(tmp_path: Path) -> Deliver:
    """Writes one file of the first day and returns the landing zone."""

    def write(*lines: str, day: str = "2013-01-01") -> str:
        folder = tmp_path / "rides" / f"day={day}"
        folder.mkdir(parents=True)
        (folder / "part-0.csv").write_text("".join(f"{line}\n" for line in lines))
        return str(tmp_path)

    return write


def refusal(spark: SparkSession, landing: str) -> str:
    with pytest.raises(WrongFilesError) as caught:
        check_source(spark, RIDES, landing, DAY)
    message = str(caught.value)
    assert "rides/day=2013-01-01/part-0.csv" in message
    assert "Nothing was written" in message
    assert "Ada" not in message
    return message


def test_check_source_accepts_right_files(spark: SparkSession, deliver: Deliver) -> None:
    deliver(HEADER, RIGHT, "", '2,"Ada, Countess",2013-01-01T10:00:00Z,,-1e3', "3,Ada,2013-01-01T10:00:00Z,2013-01-01,")
    landing = deliver(HEADER.replace("ride,rider", '"ride","rider"'), RIGHT, day="2013-01-02")

    check_source(spark, RIDES, landing, Period(date(2013, 1, 1), date(2013, 1, 2)))


def test_check_source_refuses_a_missing_column(spark: SparkSession, deliver: Deliver) -> None:
    landing = deliver("ride,rider,started_at,ridden_on", "1,Ada,2013-01-01T10:00:00Z,2013-01-01")

    assert "line 1: missing column miles; expected the columns ride, rider" in refusal(spark, landing)


def test_check_source_refuses_an_extra_column(spark: SparkSession, deliver: Deliver) -> None:
    landing = deliver(f"{HEADER},phone", f"{RIGHT},555")

    assert "line 1: extra column phone; expected the columns ride, rider" in refusal(spark, landing)


def test_check_source_refuses_columns_in_another_order(spark: SparkSession, deliver: Deliver) -> None:
    landing = deliver("rider,ride,started_at,ridden_on,miles", "Ada,1,2013-01-01T10:00:00Z,2013-01-01,2.5")

    assert "line 1: columns repeated or in another order" in refusal(spark, landing)


def test_check_source_refuses_a_file_without_header(spark: SparkSession, deliver: Deliver) -> None:
    assert "line 1: the first line is not a header; expected the columns" in refusal(spark, deliver(RIGHT))


def test_check_source_refuses_a_second_header(spark: SparkSession, deliver: Deliver) -> None:
    landing = deliver(HEADER, RIGHT, HEADER, RIGHT.replace("1,", "2,", 1))

    assert "the header occurs 2 times" in refusal(spark, landing)


def test_check_source_refuses_mistyped_values(spark: SparkSession, deliver: Deliver) -> None:
    wrong = {"2013-01-01": "abc", "2013-01-02": "1.5d", "2013-01-03": "1 5", "2013-01-04": "0x10"}
    for day, miles in wrong.items():
        landing = deliver(HEADER, RIGHT, "", f"2,Ada,2013-01-01T10:00:00Z,2013-01-01,{miles}", day=day)

    with pytest.raises(WrongFilesError) as caught:
        check_source(spark, RIDES, landing, Period(date(2013, 1, 1), date(2013, 1, 4)))
    for day, miles in wrong.items():
        expected = f"line 4: column miles holds '{miles}'; expected a value of type double"
        assert f"rides/day={day}/part-0.csv: {expected}" in str(caught.value)


def test_check_source_refuses_bad_and_naive_timestamps(spark: SparkSession, deliver: Deliver) -> None:
    wrong = {
        "2013-01-01": "2013-01-01T10:00:00",
        "2013-01-02": "2013-01-01 10:00:00Z",
        "2013-01-03": "2013-02-30T10:00:00Z",
        "2013-01-04": "2013-01-01T10:00:00+02:00",
        "2013-01-05": "2013",
    }
    for day, started_at in wrong.items():
        landing = deliver(HEADER, f"1,Ada,{started_at},2013-01-01,2.5", day=day)

    with pytest.raises(WrongFilesError) as caught:
        check_source(spark, RIDES, landing, Period(date(2013, 1, 1), date(2013, 1, 5)))
    for day, started_at in wrong.items():
        expected = f"line 2: column started_at holds '{started_at}'; expected an ISO 8601 timestamp in UTC with Z"
        assert f"rides/day={day}/part-0.csv: {expected}" in str(caught.value)


def test_check_source_refuses_half_a_date(spark: SparkSession, deliver: Deliver) -> None:
    landing = deliver(HEADER, "1,Ada,2013-01-01T10:00:00Z,2013,2.5")

    assert "line 2: column ridden_on holds '2013'; expected a date" in refusal(spark, landing)


@pytest.mark.parametrize(("line", "column"), [(",Ada,2013-01-01T10:00:00Z,,1", "ride"), ("1,Ada,,,1", "started_at")])
def test_check_source_refuses_a_null_key(spark: SparkSession, deliver: Deliver, line: str, column: str) -> None:
    assert f"line 2: column {column} is empty" in refusal(spark, deliver(HEADER, line))


def test_check_source_refuses_a_duplicate_key_without_naming_the_person(spark: SparkSession, deliver: Deliver) -> None:
    landing = deliver(HEADER, RIGHT, "2,Ada,2013-01-01T10:00:00Z,,", RIGHT)

    message = refusal(spark, landing)

    assert "line 4: duplicate key (ride=1, rider=<personal value, not shown>)" in message


def test_check_source_withholds_a_mistyped_personal_value(spark: SparkSession, deliver: Deliver) -> None:
    landing = deliver(HEADER, "one,Ada,2013-01-01T10:00:00Z,,")
    riders = CsvSource("rides", RIDES.fields, ("rider",), daily=True, personal=("ride", "rider"))

    with pytest.raises(WrongFilesError, match="column ride holds '<personal value, not shown>'"):
        check_source(spark, riders, landing, DAY)


def test_check_source_refuses_lines_of_another_shape(spark: SparkSession, deliver: Deliver) -> None:
    wrong = {
        "2013-01-01": "1,Ada,2013-01-01T10:00:00Z",
        "2013-01-02": f"{RIGHT},6",
        "2013-01-03": '1,"Ada,2013-01-01T10:00:00Z,,1',
    }
    for day, line in wrong.items():
        landing = deliver(HEADER, RIGHT, line, day=day)

    with pytest.raises(WrongFilesError) as caught:
        check_source(spark, RIDES, landing, Period(date(2013, 1, 1), date(2013, 1, 3)))
    for day in wrong:
        expected = "line 3: a wrong number of values or a broken quote; expected 5 values"
        assert f"rides/day={day}/part-0.csv: {expected}" in str(caught.value)
    assert "Ada" not in str(caught.value)


def test_check_source_refuses_zero_rows(spark: SparkSession, deliver: Deliver) -> None:
    assert "zero rows; expected at least one row below the header" in refusal(spark, deliver(HEADER))


def test_check_source_refuses_an_empty_file(spark: SparkSession, deliver: Deliver) -> None:
    assert "the file is empty" in refusal(spark, deliver())


def test_check_source_refuses_a_day_folder_without_a_file(spark: SparkSession, deliver: Deliver, tmp_path: Path) -> None:
    landing = deliver(HEADER, RIGHT)
    (tmp_path / "rides" / "day=2013-01-02").mkdir()

    with pytest.raises(WrongFilesError, match="day=2013-01-02: the folder holds no file"):
        check_source(spark, RIDES, landing, Period(date(2013, 1, 1), date(2013, 1, 2)))


def test_check_source_names_missing_days_and_those_available(spark: SparkSession, deliver: Deliver) -> None:
    landing = deliver(HEADER, RIGHT)

    with pytest.raises(MissingDayError, match=r"no folder for 2013-01-02, 2013-01-03 .*; available: 2013-01-01\."):
        check_source(spark, RIDES, landing, Period(date(2013, 1, 1), date(2013, 1, 3)))


def test_check_source_refuses_a_gap_in_the_warm_up(spark: SparkSession, deliver: Deliver) -> None:
    for day in ("2012-12-29", "2012-12-31", "2013-01-01"):
        landing = deliver(HEADER, RIGHT, day=day)
    with pytest.raises(MissingDayError, match=r"no folder for 2012-12-30 in"):
        check_source(spark, RIDES, landing, DAY, warm_up_days=7)


def test_check_source_lets_days_of_the_warm_up_be_missing_but_not_wrong(spark: SparkSession, deliver: Deliver) -> None:
    landing = deliver(HEADER, RIGHT)
    check_source(spark, RIDES, landing, DAY, warm_up_days=3)

    deliver(HEADER, "x", day="2012-12-31")
    with pytest.raises(WrongFilesError, match="day=2012-12-31"):
        check_source(spark, RIDES, landing, DAY, warm_up_days=3)


@pytest.mark.parametrize("folder", ["other", "rides"])
def test_check_source_refuses_a_missing_or_empty_source(spark: SparkSession, tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()

    with pytest.raises(EmptySourceError, match=f"days available: none.*sources in the landing zone: {folder}"):
        check_source(spark, RIDES, str(tmp_path), DAY)


def test_check_source_lists_every_wrong_file(spark: SparkSession, deliver: Deliver) -> None:
    deliver(HEADER, "x")
    landing = deliver(HEADER, day="2013-01-02")

    with pytest.raises(WrongFilesError, match="2 file.s. don't fit") as caught:
        check_source(spark, RIDES, landing, Period(date(2013, 1, 1), date(2013, 1, 2)))
    assert "day=2013-01-01" in str(caught.value)
    assert "day=2013-01-02" in str(caught.value)


def test_check_source_refuses_a_header_below_a_row(spark: SparkSession, deliver: Deliver) -> None:
    assert "line 1: the first line is not a header; expected the columns" in refusal(spark, deliver(RIGHT, HEADER))


def test_checked_rows_are_those_that_are_read_and_kept_while_in_use(spark: SparkSession, deliver: Deliver) -> None:
    landing = deliver(HEADER, RIGHT, "", '2,"Ada, Countess",2013-01-01T10:00:00Z,,-1e3')
    kept = spark.sparkContext._jsc.getPersistentRDDs().size()

    with checked_rows(spark, RIDES, landing, DAY) as rows:
        assert spark.sparkContext._jsc.getPersistentRDDs().size() == kept + 1
        assert_df_equality(rows, read_csv_source(spark, RIDES, landing, DAY))
    assert spark.sparkContext._jsc.getPersistentRDDs().size() == kept


def test_checked_rows_keep_nothing_of_a_wrong_file(spark: SparkSession, deliver: Deliver) -> None:
    kept = spark.sparkContext._jsc.getPersistentRDDs().size()

    with pytest.raises(WrongFilesError), checked_rows(spark, RIDES, deliver(HEADER, "x"), DAY):
        pass

    assert spark.sparkContext._jsc.getPersistentRDDs().size() == kept
