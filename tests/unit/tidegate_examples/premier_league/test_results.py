"""The reader of results against pandas, on all published states."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidegate_examples.premier_league.results import FILE_COLUMNS, RESULTS, read_results
from tidegate_examples.published_states import published_at

pytestmark = pytest.mark.slow

DAY_FIRST = "season-2425__20250526T024413Z__ecdc41d.csv.gz"
ISO = "season-2425__20260512T105916Z__25a2565.csv.gz"


@pytest.fixture(scope="module")
def states(real_data: Path) -> list[Path]:
    return sorted((real_data / "football" / "result_snapshots_2024_25").glob("season-*.csv.gz"))


def read_by_pandas(path: Path) -> pd.DataFrame:
    rows = pd.read_csv(path, dtype=str)
    assert list(rows.columns) == FILE_COLUMNS.names
    day_format = "%d/%m/%y" if "/" in rows["Date"][0] else "%Y-%m-%d"
    rows["Date"] = pd.to_datetime(rows["Date"], format=day_format).dt.strftime("%Y-%m-%d")
    return rows.assign(state=f"{published_at(str(path)):%Y-%m-%d %H:%M:%S}").drop(columns="Referee")


def test_read_results_agrees_with_pandas_on_every_value_of_all_states(spark: SparkSession, states: list[Path]) -> None:
    frame = read_results(spark, *map(str, states))
    assert [(f.name, f.dataType) for f in frame.schema] == [(f.name, f.dataType) for f in RESULTS.schema]

    expected = pd.concat([read_by_pandas(path) for path in states])
    names = ["season", *RESULTS.entity_key[1:], *RESULTS.feature_names, "event_time", "available_at"]
    as_text = [F.col(name).cast("string") for name in names if name != "event_time"]
    actual = frame.select(F.date_format("event_time", "yyyy-MM-dd").alias("event_time"), *as_text).toPandas()
    assert set(actual.pop("season")) == {"2024-25"}
    assert len(states) == 49
    assert sorted(map(tuple, actual.to_numpy())) == sorted(map(tuple, expected.to_numpy()))
    assert not frame.where("hour(event_time) <> 0").count()


def test_read_results_reads_both_ways_to_write_a_day(spark: SparkSession, states: list[Path]) -> None:
    folder = states[0].parent
    before = read_results(spark, str(folder / DAY_FIRST))
    after = read_results(spark, str(folder / ISO))
    assert after.drop("available_at").exceptAll(before.drop("available_at")).isEmpty()
    assert (before.count(), after.count()) == (380, 380)
    moved = before.agg(F.min("event_time").alias("first"), F.max("event_time").alias("last")).first()
    assert (moved.first, moved.last) == (datetime(2024, 8, 16), datetime(2025, 5, 25))  # noqa: DTZ001
