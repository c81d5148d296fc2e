"""Every published state replayed: one table whatever the order, and known at each moment as it was published.

The integration tests replay a chosen few; this takes a quarter of an hour.
"""

import random
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.evidence.reporting import write_report
from tests.fixture_oracle import fixture_states, moments_of
from tests.replaying import assert_known_as_published, full_states, published_states, shuffled, write_all

from tidegate import Batch, FeatureStore, FullState
from tidegate_examples.nba.games import GAMES, read_games
from tidegate_examples.premier_league.fixtures import FIXTURES, fixture_observations, read_fixture_versions
from tidegate_examples.premier_league.results import RESULTS, read_results
from tidegate_examples.published_states import published_at

pytestmark = pytest.mark.slow

SETS = {
    "results": ("football/result_snapshots_2024_25", RESULTS, read_results, {"season": "2024-25"}, 49),
    "games": ("nba/snapshots_2020_21", GAMES, read_games, {"season": 2021}, 10),
}


@pytest.mark.parametrize("name", SETS)
def test_all_published_states_in_order_again_and_shuffled(
    spark: SparkSession, real_data: Path, tmp_path: Path, name: str
) -> None:
    folder, group, read, scope, count = SETS[name]
    states = published_states(real_data / folder)
    assert len(states) == count
    batches = full_states(spark, read, states, scope)
    store = FeatureStore(spark, str(tmp_path / "in order"))
    in_order = write_all(store, group, batches)
    moments = [published_at(str(path)) for path in states]
    assert_known_as_published(store, group, read(spark, *map(str, states)), moments)

    mixed = FeatureStore(spark, str(tmp_path / "shuffled"))
    assert write_all(mixed, group, shuffled(batches, seed=49)) == in_order
    assert_known_as_published(mixed, group, read(spark, *map(str, states)), moments)
    assert write_all(store, group, batches) == in_order
    write_report(
        f"replayed_{name}",
        f"Published states replayed: {folder}",
        [
            f"- {count} states, in order, again, and shuffled: **one content hash**.",
            f"- In both tables what was known at each of the {len(moments)} moments is that state, row by row.",
        ],
    )


def test_all_fixture_changes_in_order_again_and_shuffled(spark: SparkSession, real_data: Path, tmp_path: Path) -> None:
    log = real_data / "football" / "fixture_versions.parquet"
    rows = fixture_observations(read_fixture_versions(spark, str(log))).localCheckpoint()
    moments = moments_of(log)
    assert len(moments) == 157
    store = FeatureStore(spark, str(tmp_path / "in order"))
    in_order = write_all(store, FIXTURES, [(rows.where(F.col("available_at") == moment), Batch()) for moment in moments])
    assert_known_as_published(store, FIXTURES, fixture_states(spark, log, moments), moments)
    assert write_all(store, FIXTURES, [(rows, Batch())]) == in_order

    # Harder than moments in another order: rows of one moment come in different batches.
    parts = 20
    dealt = rows.withColumn("part", F.pmod(F.xxhash64(*FIXTURES.entity_key, "event_time", "available_at"), F.lit(parts)))
    batches = [
        (dealt.where(F.col("part") == part).drop("part"), Batch()) for part in random.Random(157).sample(range(parts), parts)
    ]
    assert write_all(FeatureStore(spark, str(tmp_path / "shuffled")), FIXTURES, batches) == in_order
    write_report(
        "replayed_fixture_changes",
        "The change log of fixtures replayed",
        [
            f"- The changes of {len(moments)} moments in order, all in one batch, and dealt at random into {parts} batches: "
            "**one content hash**.",
            "- What was known at each moment is what the log says, row by row.",
        ],
    )


def test_changes_and_the_states_they_lead_through_make_one_table(spark: SparkSession, real_data: Path, tmp_path: Path) -> None:
    log = real_data / "football" / "fixture_versions.parquet"
    season = F.col("season") == "2020-21"
    moments = moments_of(log, "2020-21")
    assert len(moments) == 17
    changes = fixture_observations(read_fixture_versions(spark, str(log)).where(season))
    by_changes = write_all(FeatureStore(spark, str(tmp_path / "changes")), FIXTURES, [(changes, Batch())])
    states = fixture_states(spark, log, moments).where(season).localCheckpoint()
    batches = [
        (states.where(F.col("available_at") == moment), Batch(contents=FullState(moment, {"season": "2020-21"})))
        for moment in moments
    ]
    assert write_all(FeatureStore(spark, str(tmp_path / "states")), FIXTURES, shuffled(batches, seed=18)) == by_changes
    write_report(
        "replayed_fixture_states",
        "Fixtures by their changes and by the states they lead through",
        [f"- Season 2020-21: its changes, and its {len(moments)} states shuffled: **one content hash**."],
    )
