from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate_examples.published_states import calendar_day, published_at, read_published_states

pytestmark = pytest.mark.slow

STOPPED = (PySparkException, Py4JJavaError)
COLUMNS = T.StructType([T.StructField("day", T.StringType()), T.StructField("feet", T.IntegerType())])
NAME = "tides__20250206T021249Z__6d705a5.csv"


@pytest.fixture
def state(tmp_path: Path) -> Callable[..., str]:
    """Writes a published state and returns its path."""

    def write(*lines: str, name: str = NAME) -> str:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    return write


def test_published_at_reads_the_moment_of_the_file_name() -> None:
    assert published_at("/data/season-2425__20250206T021249Z__6d705a5.csv.gz") == datetime(2025, 2, 6, 2, 12, 49, tzinfo=UTC)
    for wrong in ("_manifest.csv", "season-2425__20250206T021249__6d705a5.csv.gz", "season-2425__20250206T021249Z.csv.gz"):
        with pytest.raises(ValueError, match=f"{wrong} is not named as a published state"):
            published_at(f"/data/{wrong}")


def test_read_published_states_tells_states_apart(spark: SparkSession, state: Callable[..., str]) -> None:
    first = state("day,feet\r", "a,1\r", "b,\r")
    second = state("day,feet", "a,2", name="tides__20250207T000000Z__aaaaaaa.csv")
    rows = read_published_states(spark, [first, second], COLUMNS).orderBy("available_at", "day").collect()
    early, late = datetime(2025, 2, 6, 2, 12, 49), datetime(2025, 2, 7)  # noqa: DTZ001
    assert [(row.day, row.feet, row.available_at) for row in rows] == [("a", 1, early), ("b", None, early), ("a", 2, late)]
    assert {row.file_name for row in rows} == {NAME, "tides__20250207T000000Z__aaaaaaa.csv"}
    with pytest.raises(ValueError, match="other.csv is not named as a published state"):
        read_published_states(spark, [first, state("day,feet", name="other.csv")], COLUMNS)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("day,feet", "a,1", "b"), "MALFORMED_RECORD"),
        (("day,feet", "a,1", "b,2,3"), "MALFORMED_RECORD"),
        (("day,feet", "a,1", "b,two"), "MALFORMED_RECORD"),
        (("day,feet", "a,1", "b,2.5"), "MALFORMED_RECORD"),
        (("feet,day", "1,2"), "CSV header does not conform to the schema"),
        (("day,feet,meters", "a,1,0"), "Number of column in CSV header is not equal"),
        (("day", "a"), "Number of column in CSV header is not equal"),
    ],
)
def test_read_published_states_stops_at_what_is_not_declared(
    spark: SparkSession, state: Callable[..., str], lines: tuple[str, ...], why: str
) -> None:
    with pytest.raises(STOPPED, match=why):
        read_published_states(spark, [state(*lines)], COLUMNS).collect()


def test_read_published_states_stops_at_a_cut_line_that_no_column_is_read_of(
    spark: SparkSession, state: Callable[..., str]
) -> None:
    with pytest.raises(STOPPED, match="MALFORMED_RECORD"):
        read_published_states(spark, [state("day,feet", "a,1", "b")], COLUMNS).count()


def test_calendar_day_reads_every_format_of_the_feeds(spark: SparkSession) -> None:
    written = [("2024-12-01",), ("01/12/24",), ("01/12/2024",)]
    days = spark.createDataFrame(written, "day string").select(calendar_day("day").alias("day")).collect()
    assert {row.day for row in days} == {date(2024, 12, 1)}
    for wrong, why in (
        ("12/31/24", "12/31/24"),
        ("1/12/24", "not a day: 1/12/24"),
        (None, "not a day: nothing"),
        ("", "not a day: "),
    ):
        with pytest.raises(PySparkException, match=why):
            spark.createDataFrame([(wrong,)], "day string").select(calendar_day("day")).collect()
