"""Steps over full states of seasons, as they were published: English football and American basketball."""

import gzip
from collections.abc import Sequence
from datetime import timedelta
from functools import reduce
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.integration.step_cases import DAY, Case, Files, group_of

from tidegate import Csv, FeatureGroup, FeatureStep, Field, Source, StateFiles, reads
from tidegate_examples.nba.games import FILE_COLUMNS as GAME_COLUMNS
from tidegate_examples.nba.games import GAMES, MEASURES
from tidegate_examples.premier_league.results import FILE_COLUMNS, RESULTS, SCORES, STATISTICS
from tidegate_examples.published_states import calendar_day


def states_of(folder: Path, name: str) -> list[Files]:
    return [
        {f"{name}/{file.name.removesuffix('.gz')}": gzip.decompress(file.read_bytes())}
        for file in sorted(folder.glob("*.csv.gz"))
    ]


def newest_rows(spark: SparkSession, states: Sequence[Files], schema: T.StructType, folder: Path) -> DataFrame:
    [(path, content)] = states[-1].items()
    file = folder / Path(path).name
    file.write_bytes(content)
    return spark.read.csv(str(file), schema=schema, header=True, mode="FAILFAST")


def fields_of(columns: T.StructType) -> tuple[Field, ...]:
    return tuple(Field(field.name.replace("-", "_"), field.dataType, field.name) for field in columns.fields)


def team_games(games: DataFrame, *also: str) -> DataFrame:
    """Each game twice: once for each of its teams."""
    rows = [games.select("season", F.col(f"{side}_team").alias("team"), "event_time", *also) for side in ("home", "away")]
    return reduce(DataFrame.unionByName, rows)


def rest_of(games: DataFrame, before: timedelta) -> DataFrame:
    """For each game how many games its home team had in the days before."""
    played = team_games(games).alias("played")
    same = F.expr("played.season = game.season AND played.team = game.home_team AND played.event_time < game.event_time")
    near = F.col("played.event_time") >= F.col("game.event_time") - F.lit(before)
    key = [F.col(f"game.{name}") for name in ("season", "home_team", "away_team", "event_time")]
    joined = games.alias("game").join(played, same & near, "left")
    return (
        joined.groupBy(*key)
        .agg(F.count("played.team").alias("games_before"))
        .select("season", "home_team", "away_team", "games_before", "event_time")
    )


def weeks_of(rested: DataFrame) -> DataFrame:
    week = F.date_trunc("week", "event_time").alias("event_time")
    return (
        rested.groupBy("season", week)
        .agg(F.count("*").alias("games"), F.sum("games_before").alias("games_before"))
        .select("season", "games", "games_before", "event_time")
    )


def season_steps(games: FeatureGroup, load: FeatureStep, before: timedelta) -> tuple[FeatureStep, ...]:
    key = tuple(field for field in games.fields if field.name in games.entity_key)
    number = Field("games_before", T.LongType(), "games of the home team in the days before")
    rested = group_of(f"{games.name}_rested", key, number)
    weeks = group_of(f"{games.name}_weeks", (key[0],), Field("games", T.LongType(), "games"), number)
    return (
        load,
        FeatureStep(rested, (reads(games, before=before),), lambda rows: rest_of(rows, before)),
        FeatureStep(weeks, (reads(rested, after=7 * DAY),), weeks_of),
    )


def football(spark: SparkSession, data: Path, scratch: Path) -> Case:
    """49 published states of a season: new matches, a corrected card, and one day dates in another form."""
    source = Source("premier_league", fields_of(FILE_COLUMNS), Csv(), contents=StateFiles())

    def results(rows: DataFrame) -> DataFrame:
        renamed = [F.col(name).alias(field.name) for name, field in {**SCORES, **STATISTICS}.items()]
        teams = F.col("HomeTeam").alias("home_team"), F.col("AwayTeam").alias("away_team")
        at = calendar_day("Date").cast("timestamp").alias("event_time")
        return rows.select(
            F.lit("2024-25").alias("season"), *teams, *renamed, at, F.lit(None).cast("timestamp").alias("available_at")
        )

    states = states_of(data / "football" / "result_snapshots_2024_25", source.name)
    rows = results(newest_rows(spark, states, FILE_COLUMNS, scratch))
    return Case(season_steps(RESULTS, FeatureStep(RESULTS, (source,), results), 28 * DAY), states, {RESULTS.name: rows})


def basketball(spark: SparkSession, data: Path, scratch: Path) -> Case:
    """Ten published states of a season: new scores, and games that were moved to other days."""
    headers = {field.name.replace("-", "_"): field.name for field in GAME_COLUMNS.fields if "-" in field.name}
    source = Source("nba", fields_of(GAME_COLUMNS), Csv(), contents=StateFiles(), headers=headers)

    def games(rows: DataFrame) -> DataFrame:
        renamed = [F.col(f"`{name.replace('-', '_')}`").alias(field.name) for name, field in MEASURES.items()]
        teams = F.col("team1").alias("home_team"), F.col("team2").alias("away_team"), (F.col("neutral") == 1).alias("neutral")
        at = calendar_day("date").cast("timestamp").alias("event_time")
        return rows.select("season", *teams, "playoff", *renamed, at, F.lit(None).cast("timestamp").alias("available_at"))

    states = states_of(data / "nba" / "snapshots_2020_21", source.name)
    plain = newest_rows(spark, states, GAME_COLUMNS, scratch)
    rows = games(plain.toDF(*[name.replace("-", "_") for name in plain.columns]))
    return Case(season_steps(GAMES, FeatureStep(GAMES, (source,), games), 5 * DAY), states, {GAMES.name: rows})
