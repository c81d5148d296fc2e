"""The log of one season's fixtures, cut into few batches, replayed in order and out of order; all of it: tests/evidence."""

from datetime import datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.fixture_oracle import fixture_states
from tests.replaying import assert_known_as_published, write_all

from tidegate import Batch, FeatureStore
from tidegate_examples.premier_league.fixtures import FIXTURES, fixture_observations, read_fixture_versions

pytestmark = pytest.mark.slow

SEASON = "season = '2019-20'"
# The first announcement; two fixtures that vanish, each at one moment, and return at the next; the season stopped, and
# went on with new days; wrong scores of months ago corrected; kick-offs given in UK time, years later.
MOMENTS = (
    "2019-07-22 13:38:54",
    "2019-10-06 05:36:30",
    "2019-10-07 05:17:50",
    "2019-10-20 05:44:20",
    "2019-10-20 09:49:12",
    "2020-03-13 19:15:27",
    "2020-06-27 08:40:27",
    "2020-08-21 17:39:16",
    "2024-09-17 13:12:16",
)
LAST_OF_BATCHES = (MOMENTS[1], MOMENTS[3], MOMENTS[8])


def test_fixtures_are_known_as_published_whatever_the_order(spark: SparkSession, real_data: Path, tmp_path: Path) -> None:
    log = real_data / "football" / "fixture_versions.parquet"
    rows = fixture_observations(read_fixture_versions(spark, str(log)).where(SEASON)).localCheckpoint()
    spans = zip(("2019-01-01", *LAST_OF_BATCHES), LAST_OF_BATCHES, strict=False)
    batches = [(rows.where(F.col("available_at").between(*span) & (F.col("available_at") > span[0])), Batch()) for span in spans]
    moments = [datetime.fromisoformat(f"{moment}+00:00") for moment in MOMENTS]

    store = FeatureStore(spark, str(tmp_path / "in order"))
    in_order = write_all(store, FIXTURES, batches)
    published = fixture_states(spark, log, moments).where(SEASON)
    assert_known_as_published(store, FIXTURES, published, moments)
    # 380 matches, but for the one that was lost in a typing error.
    assert [store.as_known(FIXTURES, moment).count() for moment in moments[:3]] == [380, 379, 380]

    mixed = [batches[place] for place in (2, 0, 1, 0)]
    assert write_all(FeatureStore(spark, str(tmp_path / "out of order")), FIXTURES, mixed) == in_order
