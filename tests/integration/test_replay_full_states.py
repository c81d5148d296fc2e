"""Published states chosen for what happened in them, replayed in order and out of order; all of them: tests/evidence."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from tests.replaying import assert_known_as_published, full_states, published_states, write_all

from tidegate import FeatureStore
from tidegate_examples.nba.games import GAMES, read_games
from tidegate_examples.premier_league.results import RESULTS, read_results
from tidegate_examples.published_states import published_at

pytestmark = pytest.mark.slow


def test_results_are_known_as_published_whatever_the_order(spark: SparkSession, real_data: Path, tmp_path: Path) -> None:
    # A corrected count of yellow cards, new results, days written another way, and a state that brings nothing new.
    days = ("2025-02-04", "2025-02-06", "2026-05-12")
    states = published_states(real_data / "football" / "result_snapshots_2024_25", *days)
    assert len(states) == 4
    batches = full_states(spark, read_results, states, {"season": "2024-25"})
    store = FeatureStore(spark, str(tmp_path / "in order"))
    in_order = write_all(store, RESULTS, batches)
    moments = [published_at(str(path)) for path in states]
    assert_known_as_published(store, RESULTS, read_results(spark, *map(str, states)), moments)

    before, after = (store.as_known(RESULTS, moment).drop("available_at") for moment in moments[:2])
    corrected = after.exceptAll(before).collect()
    assert [(row.home_team, row.away_team, row.away_yellow_cards) for row in corrected] == [("Ipswich", "Southampton", 3)]

    mixed = [batches[place] for place in (3, 1, 0, 2)]
    assert write_all(FeatureStore(spark, str(tmp_path / "out of order")), RESULTS, mixed) == in_order


@pytest.mark.evidence
def test_games_are_known_as_published_whatever_the_order(spark: SparkSession, real_data: Path, tmp_path: Path) -> None:
    # Two states of one day, the later of which moves 20 games; ratings change in every one.
    states = published_states(real_data / "nba" / "snapshots_2020_21", "2021-05-04", "2021-05-14")
    assert len(states) == 3
    batches = full_states(spark, read_games, states, {"season": 2021})
    store = FeatureStore(spark, str(tmp_path / "in order"))
    in_order = write_all(store, GAMES, batches)
    moments = [published_at(str(path)) for path in states]
    assert_known_as_published(store, GAMES, read_games(spark, *map(str, states)), moments)

    # The state that lacks the moved games comes before those that have them, and not again: that would mend what they left.
    mixed = [batches[place] for place in (2, 0, 1)]
    assert write_all(FeatureStore(spark, str(tmp_path / "out of order")), GAMES, mixed) == in_order
