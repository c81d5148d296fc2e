"""The aggregates of the feature view equal window functions over the feed, evaluated where those had their rows."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests import flight_windows

from tidegate import Aggregates, Period
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.join import point_in_time_join
from tidegate_examples.flight_delays import flights
from tidegate_examples.flight_delays.landing import to_frame
from tidegate_examples.flight_delays.sources import MOVEMENTS, ZONE
from tidegate_examples.flight_delays.steps import movements
from tidegate_examples.flight_delays.view import DEPARTURE_DELAY

pytestmark = pytest.mark.slow

# The feed of `real_sources` begins on February 4, so that 28 days lie before. The clocks were changed on March 10.
WEEKS = Period(date(2013, 3, 4), date(2013, 3, 17), ZONE)
YEAR = Period(date(2013, 2, 1), date(2013, 12, 31), ZONE)
each_key = pytest.mark.parametrize("key", [("tailnum",), ("origin",), ("carrier",), ("origin", "dest")], ids="-".join)


def choice_of(*key: str) -> Aggregates:
    [found] = [each for each in DEPARTURE_DELAY.choices if isinstance(each, Aggregates) and each.joined_on == key]
    return found


def before(feed: DataFrame, choice: Aggregates, period: Period) -> DataFrame:
    if choice.joined_on == ("tailnum",):
        return flight_windows.aircraft(feed, period)
    if choice.joined_on == ("origin",):
        return flight_windows.origin(feed, period)
    prefix = "carrier" if choice.joined_on == ("carrier",) else "route"
    return flight_windows.punctuality(feed, period, choice.joined_on, prefix)


def now(rows: DataFrame, choice: Aggregates, labels: DataFrame) -> DataFrame:
    inputs = AggregateRows(
        name=choice.group.name,
        frame=rows,
        entity_key=choice.group.entity_key,
        key=choice.joined_on,
        features=choice.features,
        fresh_until=datetime(2014, 1, 1, tzinfo=UTC),
    )
    return point_in_time_join(labels, "event_time", [inputs])


def assert_equal(feed: DataFrame, key: tuple[str, ...], period: Period) -> int:
    choice = choice_of(*key)
    windows = before(feed, choice, period).localCheckpoint()
    stored = movements.build({"movements": feed}, period.with_warm_up(28))
    # The windows were over the time at which a movement was known, five minutes after it happened.
    as_known = stored.withColumn("event_time", F.col("available_at"))
    found = now(as_known, choice, windows.select(*key, "event_time")).select(windows.columns).localCheckpoint()

    assert found.exceptAll(windows).take(5) == []
    assert windows.exceptAll(found).take(5) == []
    return windows.count()


@each_key
def test_aggregates_equal_the_windows_over_the_feed(real_sources: Mapping[str, DataFrame], key: tuple[str, ...]) -> None:
    assert assert_equal(real_sources["movements"], key, WEEKS) > 50


@pytest.mark.evidence
@each_key
def test_aggregates_equal_the_windows_over_the_feed_of_the_year(spark: SparkSession, key: tuple[str, ...]) -> None:
    feed = to_frame(spark, flights.movements(date(2013, 1, 1), date(2013, 12, 31)), MOVEMENTS.fields)
    assert assert_equal(feed.localCheckpoint(), key, YEAR) > 5_000
