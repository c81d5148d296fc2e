"""The games of a season as published: every day, one file with all games, the ratings of that day and the scores so far."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureGroup, Field
from tidegate_examples.published_states import calendar_day, read_published_states

GAME_KEY = ("season", "home_team", "away_team")

TEAMS = {"1": "home", "2": "away"}


def _of_both(column: str, name: str, description: str, unit: str | None = None) -> dict[str, Field]:
    """Return the fields of the home team and of the away team, by the names of their columns in the file."""
    return {
        column.format(number): Field(f"{team}_{name}", T.DoubleType(), f"{team} team: {description}", unit)
        for number, team in TEAMS.items()
    }


# Maps each column of the file to its field, in the order of the file. CARM-Elo was given up in 2020, and its columns are empty
# since then.
MEASURES = {
    **_of_both("elo{}_pre", "elo", "Elo rating before the game", "Elo points"),
    **_of_both("elo_prob{}", "elo_probability", "probability of winning by Elo"),
    **_of_both("elo{}_post", "elo_after", "Elo rating after the game", "Elo points"),
    **_of_both("carm-elo{}_pre", "carm_elo", "CARM-Elo rating before the game", "Elo points"),
    **_of_both("carm-elo_prob{}", "carm_elo_probability", "probability of winning by CARM-Elo"),
    **_of_both("carm-elo{}_post", "carm_elo_after", "CARM-Elo rating after the game", "Elo points"),
    **_of_both("raptor{}_pre", "raptor", "RAPTOR rating before the game", "Elo points"),
    **_of_both("raptor_prob{}", "raptor_probability", "probability of winning by RAPTOR"),
    "score1": Field("home_points", T.IntegerType(), "points of the home team; NULL before they are published", "points"),
    "score2": Field("away_points", T.IntegerType(), "points of the away team; NULL before they are published", "points"),
}

GAMES = FeatureGroup(
    name="nba_games",
    version=1,
    # Two teams meet several times a season, so a game is identified only together with its day (event_time), and a game that is
    # moved is another game. In history, five pairs played twice on one day, the last in 1983. Such rows would be refused as
    # contradictory.
    entity_key=GAME_KEY,
    fields=(
        Field("season", T.IntegerType(), "year in which the season ends"),
        Field("home_team", T.StringType(), "team that plays at home, three-letter code"),
        Field("away_team", T.StringType(), "visiting team, three-letter code"),
        Field("neutral", T.BooleanType(), "whether it is played at neither team's home"),
        Field("playoff", T.StringType(), "round of the playoffs; NULL in the regular season"),
        *MEASURES.values(),
    ),
    description="Games with ratings and scores; event_time is the start of the game's day, 00:00 UTC (no tip-off time is "
    "published). Ratings of a game to come change with every game before it: they are of the day they were known",
    history="all",
)

FILE_COLUMNS = T.StructType(
    [
        T.StructField("date", T.StringType()),
        T.StructField("season", T.IntegerType()),
        T.StructField("neutral", T.IntegerType()),
        *(T.StructField(name, T.StringType()) for name in ("playoff", "team1", "team2")),
        *(T.StructField(name, field.type) for name, field in MEASURES.items()),
    ]
)


def read_games(spark: SparkSession, *paths: str) -> DataFrame:
    """Read published states of a season's games as rows of GAMES. The moment of the state becomes `available_at`.

    Every column of the files is kept, and the date becomes `event_time`.

    Args:
        spark: The session.
        paths: Files of published states.

    Raises:
        ValueError: A file name is not that of a published state.
    """
    renamed = [F.col(f"`{name}`").alias(field.name) for name, field in MEASURES.items()]
    return read_published_states(spark, paths, FILE_COLUMNS).select(
        "season",
        F.col("team1").alias("home_team"),
        F.col("team2").alias("away_team"),
        (F.col("neutral") == 1).alias("neutral"),
        "playoff",
        *renamed,
        calendar_day("date").cast("timestamp").alias("event_time"),
        "available_at",
    )
