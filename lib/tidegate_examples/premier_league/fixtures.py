"""Fixtures as they were announced, moved, played and corrected, from a log of every version that was ever published."""

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureGroup, Field
from tidegate_examples.premier_league.matches import MATCH_FIELDS, MATCH_KEY

COUNT = T.IntegerType()
HALVES = {"ft": "", "ht": "half_time_"}

FIXTURES = FeatureGroup(
    name="premier_league_fixtures",
    version=1,
    entity_key=MATCH_KEY,
    fields=(
        *MATCH_FIELDS,
        Field("matchday", COUNT, "round of the season the match belongs to, from 1"),
        Field("kickoff_local", T.StringType(), "kick-off as published, HH:MM; UK time, but German time in 2019-20 until 2024"),
        Field("postponed", T.BooleanType(), "whether the source marks the match as postponed"),
        Field("home_goals", COUNT, "goals of the home team; NULL before they are published", "goals"),
        Field("away_goals", COUNT, "goals of the away team; NULL before they are published", "goals"),
        Field("half_time_home_goals", COUNT, "goals of the home team by half-time", "goals"),
        Field("half_time_away_goals", COUNT, "goals of the away team by half-time", "goals"),
    ),
    # A kick-off time may be missing, and its time zone became clear only years later, so it can't be part of event_time.
    description="Fixtures and their scores; event_time is the start of the match's day, 00:00 UTC",
    history="all",
)

FILE_COLUMNS = T.StructType(
    [
        *(T.StructField(name, T.StringType()) for name in MATCH_KEY),
        T.StructField("matchday", T.LongType()),
        T.StructField("match_date", T.DateType()),
        T.StructField("kickoff_local", T.StringType()),
        T.StructField("status", T.StringType()),
        *(T.StructField(f"{half}_{team}_goals", T.LongType()) for half in HALVES for team in ("home", "away")),
        T.StructField("change_type", T.StringType()),
        T.StructField("observed_at", T.TimestampType()),
        T.StructField("commit", T.StringType()),
    ]
)


def read_fixture_versions(spark: SparkSession, path: str) -> DataFrame:
    """Read the change log, with one row for each version of a fixture and change_type insert, update or delete.

    Raises:
        ValueError: The columns of the file differ from the declared ones. Spark would read a missing column as NULL.
    """
    found = spark.read.parquet(path).schema
    differences = sorted(set(_columns(found)) ^ set(_columns(FILE_COLUMNS)))
    if differences:
        raise ValueError(f"{path}: columns differ from the declared ones: {', '.join(differences)}")
    return spark.read.schema(FILE_COLUMNS).parquet(path)


def fixture_observations(versions: DataFrame) -> DataFrame:
    """Turn the versions of fixtures into rows of FIXTURES with `_tombstone`.

    A deleted fixture becomes a tombstone. A moved fixture becomes a tombstone on its old day and a row on its new day. The commit
    of each version is left out, because it would make every version differ from the one before.

    Args:
        versions: The complete log. The old day of a moved fixture is taken from the version before.
    """
    newest_last = Window.partitionBy(*MATCH_KEY).orderBy("observed_at")
    day = F.col("match_date").cast("timestamp")
    timed = versions.withColumn("event_time", day).withColumn("left_day", F.lag(day).over(newest_last))
    current = timed.where("change_type <> 'delete'")
    deleted = timed.where("change_type = 'delete'")
    moved = current.where("left_day <> event_time")
    return _held(current).unionByName(_gone(deleted, "event_time")).unionByName(_gone(moved, "left_day"))


def _held(versions: DataFrame) -> DataFrame:
    goals = {f"{half}_{team}_goals": f"{name}{team}_goals" for half, name in HALVES.items() for team in ("home", "away")}
    return versions.select(
        *MATCH_KEY,
        F.col("matchday").cast(COUNT),
        "kickoff_local",
        (F.col("status") == "postponed").alias("postponed"),
        *(F.col(column).cast(COUNT).alias(name) for column, name in goals.items()),
        *_times("event_time", gone=False),
    )


def _gone(versions: DataFrame, day: str) -> DataFrame:
    unknown = [F.lit(None).cast(field.type).alias(field.name) for field in FIXTURES.fields if field.name not in MATCH_KEY]
    return versions.select(*MATCH_KEY, *unknown, *_times(day, gone=True))


def _times(day: str, *, gone: bool) -> list[Column]:
    return [F.col(day).alias("event_time"), F.col("observed_at").alias("available_at"), F.lit(gone).alias("_tombstone")]


def _columns(schema: T.StructType) -> list[str]:
    return [f"{field.name} {field.dataType.simpleString()}" for field in schema]
