"""The results of a season as published: the source publishes the whole file again and again, longer and sometimes corrected."""

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureGroup, Field
from tidegate_examples.premier_league.matches import MATCH_FIELDS, MATCH_KEY
from tidegate_examples.published_states import calendar_day, read_published_states

COUNT = T.IntegerType()

# Maps each column of the file to its field, in the order of the file.
SCORES = {
    "FTHG": Field("home_goals", COUNT, "goals of the home team", "goals"),
    "FTAG": Field("away_goals", COUNT, "goals of the away team", "goals"),
    "FTR": Field("result", T.StringType(), "H: the home team won, D: draw, A: the away team won"),
    "HTHG": Field("half_time_home_goals", COUNT, "goals of the home team by half-time", "goals"),
    "HTAG": Field("half_time_away_goals", COUNT, "goals of the away team by half-time", "goals"),
    "HTR": Field("half_time_result", T.StringType(), "H, D or A at half-time"),
}
STATISTICS = {
    "HS": Field("home_shots", COUNT, "shots of the home team", "shots"),
    "AS": Field("away_shots", COUNT, "shots of the away team", "shots"),
    "HST": Field("home_shots_on_target", COUNT, "shots on target of the home team", "shots"),
    "AST": Field("away_shots_on_target", COUNT, "shots on target of the away team", "shots"),
    "HF": Field("home_fouls", COUNT, "fouls by the home team", "fouls"),
    "AF": Field("away_fouls", COUNT, "fouls by the away team", "fouls"),
    "HC": Field("home_corners", COUNT, "corners of the home team", "corners"),
    "AC": Field("away_corners", COUNT, "corners of the away team", "corners"),
    "HY": Field("home_yellow_cards", COUNT, "yellow cards of the home team", "cards"),
    "AY": Field("away_yellow_cards", COUNT, "yellow cards of the away team", "cards"),
    "HR": Field("home_red_cards", COUNT, "red cards of the home team", "cards"),
    "AR": Field("away_red_cards", COUNT, "red cards of the away team", "cards"),
}

RESULTS = FeatureGroup(
    name="premier_league_results",
    version=1,
    entity_key=MATCH_KEY,
    fields=(*MATCH_FIELDS, *SCORES.values(), *STATISTICS.values()),
    description="How matches ended; event_time is the start of the match's day, 00:00 UTC (the source has no kick-off time)",
    history="all",
)

# The referee is a natural person, and no prediction here needs the name. The column is declared, because every file must have it,
# but it is not kept.
REFEREE = T.StructField("Referee", T.StringType())
FILE_COLUMNS = T.StructType(
    [
        *(T.StructField(name, T.StringType()) for name in ("Date", "HomeTeam", "AwayTeam")),
        *(T.StructField(name, field.type) for name, field in SCORES.items()),
        REFEREE,
        *(T.StructField(name, field.type) for name, field in STATISTICS.items()),
    ]
)


def read_results(spark: SparkSession, *paths: str) -> DataFrame:
    """Read published states of seasons' results as rows of RESULTS. The moment of the state becomes `available_at`.

    Every column of the files is kept except the referee, and the date becomes `event_time`. Files until May 2026 write dates as
    16/08/24, and later ones as 2024-08-16.

    Args:
        spark: The session.
        paths: Files of published states.

    Raises:
        ValueError: A file name is not that of a published state.
    """
    rows = read_published_states(spark, paths, FILE_COLUMNS)
    renamed = [F.col(name).alias(field.name) for name, field in {**SCORES, **STATISTICS}.items()]
    return rows.select(
        _season("file_name").alias("season"),
        F.col("HomeTeam").alias("home_team"),
        F.col("AwayTeam").alias("away_team"),
        *renamed,
        calendar_day("Date").cast("timestamp").alias("event_time"),
        "available_at",
    )


def _season(file_name: str) -> Column:
    """Return the season of a file, such as 2024-25 for a file name that starts with season-2425."""
    return F.concat(*(F.lit("20"), _part(file_name, 1), F.lit("-"), _part(file_name, 2)))


def _part(file_name: str, group: int) -> Column:
    return F.regexp_extract(file_name, r"^season-(\d\d)(\d\d)__", group)
