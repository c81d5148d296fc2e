"""The reader of games against pandas, on all published states."""

from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidegate_examples.nba.games import FILE_COLUMNS, GAME_KEY, GAMES, MEASURES, read_games
from tidegate_examples.published_states import published_at


@pytest.fixture(scope="module")
def states(real_data: Path) -> list[Path]:
    """The ten states of 2020-21, and the one of 2019-20, in which CARM-Elo still has values."""
    return sorted((real_data / "nba").glob("snapshots_20*/nba-*.csv.gz"))


def test_read_games_agrees_with_pandas_on_every_value_of_all_states(spark: SparkSession, states: list[Path]) -> None:
    frame = read_games(spark, *map(str, states))
    assert [(f.name, f.dataType) for f in frame.schema] == [(f.name, f.dataType) for f in GAMES.schema]
    assert len(states) == 11
    expected = pd.concat([pd.read_csv(path).assign(state=published_at(str(path))) for path in states])
    assert [*expected.columns][:-1] == FILE_COLUMNS.names

    actual = frame.toPandas().rename(columns={field.name: column for column, field in MEASURES.items()})
    actual["date"] = actual["event_time"].dt.strftime("%Y-%m-%d")
    actual = actual.rename(columns={"home_team": "team1", "away_team": "team2"})
    actual["state"] = actual["available_at"].dt.tz_localize("UTC")
    key = ["state", "date", "team1", "team2"]
    actual, expected = (rows.sort_values(key).reset_index(drop=True) for rows in (actual, expected))
    assert (actual["event_time"] == actual["event_time"].dt.floor("D")).all()
    assert actual["neutral"].dtype == bool
    assert actual["playoff"].isna().all()
    assert expected["playoff"].isna().all()
    columns = [*key, "season", "neutral", *MEASURES]
    # Spark and pandas may differ in the last digit of a number with seventeen.
    pd.testing.assert_frame_equal(actual[columns], expected[columns], check_dtype=False, rtol=1e-14)


def test_games_of_a_day_are_named_by_their_teams_in_every_state(spark: SparkSession, states: list[Path]) -> None:
    counted = read_games(spark, *map(str, states)).groupBy("available_at", *GAME_KEY, "event_time").count()
    assert counted.agg(F.max("count")).first()[0] == 1
