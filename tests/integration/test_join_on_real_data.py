"""All strategies agree on published data: corrected fixtures with tombstones, forecasts with issue and valid time, and ratings.

Flights: tests/jobs/test_join_on_flights.py.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.replaying import published_states
from tests.same_rows import assert_same_rows
from tests.writing import write_rows

from tidegate import FeatureStore
from tidegate.datasets.view_rows import Snapshot
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, FeatureGroup
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.join import point_in_time_join
from tidegate.point_in_time.planner import STRATEGIES
from tidegate.schema import Field
from tidegate.tables.read import current_version
from tidegate_examples.nba.games import GAMES, read_games
from tidegate_examples.premier_league.fixtures import FIXTURES, fixture_observations, read_fixture_versions

FORECASTS = FeatureGroup(
    name="temperature_forecasts",
    version=1,
    entity_key=("area",),
    fields=(Field("area", T.StringType(), "price area"), Field("celsius", T.DoubleType(), "forecast temperature", "°C")),
    description="Temperature forecasts: event_time is what they are for, available_at when they were issued",
    history="all",
    expected_rows=4_000_000,
)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> FeatureStore:
    return FeatureStore(spark, str(tmp_path))


def stored_group(store: FeatureStore, group: FeatureGroup, rows: DataFrame, lookback: timedelta) -> FeatureRows:
    spark = rows.sparkSession
    write_rows(store, group, rows)
    snapshot = Snapshot(store.handle, {group.full_name: current_version(spark, store.layout.feature_group(group.full_name))})
    names = {name: name for name in group.feature_names}
    return FeatureRows(group.name, snapshot.rows(group), group.entity_key, names, lookback, stored=snapshot.files(group))


def assert_all_agree(labels: DataFrame, rows: FeatureRows) -> DataFrame:
    reference = point_in_time_join(labels, "t", [rows], provenance=True, strategy="union window").localCheckpoint()
    assert reference.count() == labels.count()
    for strategy in STRATEGIES:
        assert_same_rows(point_in_time_join(labels, "t", [rows], provenance=True, strategy=strategy), reference, strategy)
    return reference


@pytest.mark.slow
def test_strategies_agree_on_corrected_fixtures(spark: SparkSession, store: FeatureStore, real_data: Path) -> None:
    versions = read_fixture_versions(spark, str(real_data / "football" / "fixture_versions.parquet"))
    log = fixture_observations(versions.where("season = '2019-20'")).localCheckpoint()
    rows = stored_group(store, FIXTURES, log, timedelta(days=400))
    moments = log.select(F.col(AVAILABLE_AT).alias("t")).distinct().withColumn("_n", F.hash("t") % 4).where("_n = 0").drop("_n")
    labels = log.select(*FIXTURES.entity_key).distinct().crossJoin(moments).localCheckpoint()
    reference = assert_all_agree(labels, rows)
    # Moved and vanished matches: a label sees the day that was announced at its time.
    days = reference.groupBy(*FIXTURES.entity_key).agg(F.count_distinct(f"{FIXTURES.name}__{EVENT_TIME}").alias("days"))
    assert days.where("days > 1").count() > 50


@pytest.mark.slow
def test_strategies_agree_on_forecasts(spark: SparkSession, store: FeatureStore, real_data: Path) -> None:
    path = str(real_data / "electricity" / "denmark" / "temperature_forecast_6h.csv.gz")
    columns = "area string, issued_at timestamp, valid_time timestamp, temp_c_forecast double"
    issued = spark.read.csv(path, columns, header=True)
    log = issued.select(
        "area",
        F.col("temp_c_forecast").alias("celsius"),
        F.col("valid_time").alias(EVENT_TIME),
        F.col("issued_at").alias(AVAILABLE_AT),
    )
    rows = stored_group(store, FORECASTS, log, timedelta(days=200))
    labels = log.select("area", (F.col(AVAILABLE_AT) + F.expr("INTERVAL 30 DAYS")).alias("t")).distinct().localCheckpoint()
    reference = assert_all_agree(labels, rows)
    # A forecast is known before what it is for: the newest event of what was issued lies ahead of the label.
    ahead = reference.where(F.col(f"{FORECASTS.name}__{EVENT_TIME}") > F.col("t"))
    assert ahead.count() == reference.where("celsius IS NOT NULL").count() > 10


@pytest.mark.slow
@pytest.mark.evidence
def test_strategies_agree_on_ratings_that_change_daily(spark: SparkSession, store: FeatureStore, real_data: Path) -> None:
    states = published_states(real_data / "nba" / "snapshots_2020_21")
    log = read_games(spark, *map(str, states)).localCheckpoint()
    rows = stored_group(store, GAMES, log, timedelta(days=400))
    moments = log.select(F.col(AVAILABLE_AT).alias("t")).distinct()
    labels = log.select(*GAMES.entity_key).distinct().crossJoin(moments).localCheckpoint()
    assert labels.select("t").distinct().count() == 10
    reference = assert_all_agree(labels, rows)
    # Ratings of a game to come change with every game before it, and a label sees those of its day.
    ratings = reference.groupBy(*GAMES.entity_key).agg(F.count_distinct("home_raptor").alias("ratings"))
    assert ratings.where("ratings > 2").count() > 50
