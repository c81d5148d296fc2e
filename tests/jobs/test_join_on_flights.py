"""All strategies agree on real flights: seven feature groups of different entity keys, each row with what it was made of."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.jobs.two_weeks import SystemRun
from tests.same_rows import assert_same_rows

from tidegate import FeatureStore
from tidegate.point_in_time.planner import STRATEGIES
from tidegate_examples.flight_delays.groups import SCHEDULED_FLIGHTS
from tidegate_examples.flight_delays.view import DEPARTURE_DELAY

pytestmark = [pytest.mark.slow, pytest.mark.evidence]


def test_strategies_agree_on_flights(spark: SparkSession, two_weeks: SystemRun) -> None:
    store = FeatureStore(spark, str(two_weeks.root))
    flights = store.read(SCHEDULED_FLIGHTS).where("event_time >= '2013-01-12'")
    labels = flights.select(*DEPARTURE_DELAY.entity_columns, "event_time").localCheckpoint()
    reference = store.attach_features(DEPARTURE_DELAY, labels, provenance=True, strategy="union window").localCheckpoint()
    assert reference.count() == labels.count() > 2_000
    known = [F.count(name).alias(name) for name in DEPARTURE_DELAY.feature_names]
    assert min(reference.agg(*known).collect()[0]) > 1_000
    for strategy in (None, *STRATEGIES):
        assert_same_rows(store.attach_features(DEPARTURE_DELAY, labels, provenance=True, strategy=strategy), reference, strategy)
