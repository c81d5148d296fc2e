"""The fixture log: observations of a few versions by hand, and the real log against pandas."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from tidegate_examples.premier_league.fixtures import FILE_COLUMNS, FIXTURES, fixture_observations, read_fixture_versions


@pytest.fixture(scope="module")
def log(real_data: Path) -> str:
    return str(real_data / "football" / "fixture_versions.parquet")


def version(day: int, change: str, seen: int, goals: int | None = None, status: str = "") -> tuple[object, ...]:
    game = ("2024-25", "Ipswich", "Leeds", 7, date(2024, 9, day), "15:00", status, goals, goals, None, None)
    return (*game, change, datetime(2024, 8, seen), f"commit {seen}")  # noqa: DTZ001


def test_fixture_observations_move_return_and_end(spark: SparkSession) -> None:
    versions = [
        version(1, "insert", 1),
        version(1, "update", 2, status="postponed"),
        version(5, "update", 3),
        version(1, "update", 4),
        version(1, "delete", 5),
        version(1, "insert", 6, goals=2),
    ]
    rows = fixture_observations(spark.createDataFrame(versions, FILE_COLUMNS)).orderBy("available_at", "event_time").collect()
    seen = [
        (row.available_at.day, row.event_time.day, row._tombstone, row.matchday, row.postponed, row.home_goals) for row in rows
    ]
    assert seen == [
        (1, 1, False, 7, False, None),
        (2, 1, False, 7, True, None),
        (3, 1, True, None, None, None),
        (3, 5, False, 7, False, None),
        (4, 1, False, 7, False, None),
        (4, 5, True, None, None, None),
        (5, 1, True, None, None, None),
        (6, 1, False, 7, False, 2),
    ]


def test_fixture_observations_of_the_real_log(spark: SparkSession, log: str) -> None:
    observations = fixture_observations(read_fixture_versions(spark, log))
    assert set(observations.columns) == {*FIXTURES.schema.names, "_tombstone"}
    assert [observations.schema[name].dataType for name in FIXTURES.schema.names] == [f.dataType for f in FIXTURES.schema]

    actual = observations.toPandas()
    actual["available_at"] = actual["available_at"].dt.tz_localize("UTC").astype("datetime64[us, UTC]")
    expected = pd.read_parquet(log)
    # 4,434 versions hold, two end; 630 times a fixture left its day for another.
    assert actual["_tombstone"].value_counts().to_dict() == {False: 4_434, True: 2 + 630}
    held = actual[~actual["_tombstone"]].merge(
        expected, left_on=[*FIXTURES.entity_key, "available_at"], right_on=[*FIXTURES.entity_key, "observed_at"], how="left"
    )
    assert (held["event_time"].dt.date == held["match_date"]).all()
    assert (held["postponed"] == (held["status"] == "postponed")).all()
    assert held["postponed"].sum() == 25
    same = {"home_goals": "ft_home_goals", "away_goals": "ft_away_goals", "half_time_away_goals": "ht_away_goals"}
    for ours, theirs in same.items():
        assert (held[ours].fillna(-1) == held[theirs].astype(float).fillna(-1)).all()
    assert (held["kickoff_local_x"].fillna("") == held["kickoff_local_y"].fillna("")).all()
    assert (held["matchday_x"] == held["matchday_y"]).all()


def test_read_fixture_versions_refuses_other_columns(spark: SparkSession, log: str, tmp_path: Path) -> None:
    path = str(tmp_path / "log.parquet")
    spark.read.parquet(log).withColumnRenamed("status", "state").limit(1).write.parquet(path)
    with pytest.raises(ValueError, match="columns differ from the declared ones: state string, status string"):
        read_fixture_versions(spark, path)
