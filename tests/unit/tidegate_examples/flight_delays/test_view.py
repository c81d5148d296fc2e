"""The aggregates of the feature view equal window functions over the feed, evaluated where those had their rows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests import flight_windows
from tests.flight_windows import within

from tidegate import Aggregates, Period
from tidegate.feature_groups.steps.stored_source import copied_rows
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.join import point_in_time_join
from tidegate_examples.flight_delays import flights, groups
from tidegate_examples.flight_delays.landing import to_frame
from tidegate_examples.flight_delays.sources import MOVEMENTS, ZONE
from tidegate_examples.flight_delays.view import DEPARTURE_DELAY

pytestmark = pytest.mark.slow

# The feed of `real_sources` begins on February 4, so that 28 days lie before. The clocks were changed on March 10.
WEEKS = Period(date(2013, 3, 4), date(2013, 3, 17), ZONE)
YEAR = Period(date(2013, 2, 1), date(2013, 12, 31), ZONE)
LAG = timedelta(minutes=5)
each_key = pytest.mark.parametrize("key", [("tailnum",), ("origin",), ("carrier",), ("origin", "dest")], ids="-".join)


def choice_of(*key: str) -> Aggregates:
    [found] = [each for each in DEPARTURE_DELAY.choices if isinstance(each, Aggregates) and each.joined_on == key]
    return found


def stored_movements(feed: DataFrame, period: Period) -> DataFrame:
    """Return the rows of the feature group that became known in a period or in the 28 days before."""
    known = Period(period.first_day - timedelta(days=28), period.last_day, period.zone)
    return copied_rows(feed, MOVEMENTS, groups.MOVEMENTS).where(within("available_at", known))


def before(feed: DataFrame, choice: Aggregates, period: Period) -> DataFrame:
    if choice.joined_on == ("tailnum",):
        return flight_windows.aircraft(feed, period)
    if choice.joined_on == ("origin",):
        return flight_windows.origin(feed, period)
    prefix = "carrier" if choice.joined_on == ("carrier",) else "route"
    return flight_windows.punctuality(feed, period, choice.joined_on, prefix)


def now(rows: DataFrame, choice: Aggregates, labels: DataFrame, offset: timedelta = timedelta(0)) -> DataFrame:
    inputs = AggregateRows(
        name=choice.group.name,
        frame=rows,
        entity_key=choice.group.entity_key,
        key=choice.joined_on,
        features={name: replace(each, offset=offset) for name, each in choice.features.items()},
        # The last day of the year ends at 5:00 UTC of the next day.
        fresh_until=datetime(2014, 1, 2, tzinfo=UTC),
    )
    return point_in_time_join(labels, "event_time", [inputs])


def assert_equal(feed: DataFrame, key: tuple[str, ...], period: Period) -> int:
    choice = choice_of(*key)
    windows = before(feed, choice, period).localCheckpoint()
    stored = stored_movements(feed, period)
    # The windows were over the time at which a movement was known, five minutes after it happened.
    as_known = stored.withColumn("event_time", F.col("available_at"))
    found = now(as_known, choice, windows.select(*key, "event_time")).select(windows.columns).localCheckpoint()

    assert found.exceptAll(windows).take(5) == []
    assert windows.exceptAll(found).take(5) == []
    return windows.count()


@each_key
def test_aggregates_equal_the_windows_over_the_feed(real_sources: Mapping[str, DataFrame], key: tuple[str, ...]) -> None:
    assert assert_equal(real_sources["movements"], key, WEEKS) > 50


@pytest.mark.parametrize("key", [("tailnum",), ("origin",)], ids="-".join)
def test_windows_of_time_differ_by_the_five_minutes_until_a_movement_is_known(
    real_sources: Mapping[str, DataFrame], key: tuple[str, ...]
) -> None:
    choice, feed = choice_of(*key), real_sources["movements"]
    windows = before(feed, choice, WEEKS).localCheckpoint()
    stored = stored_movements(feed, WEEKS)
    labels = windows.select(*key, "event_time")
    as_declared = now(stored, choice, labels).select(windows.columns).localCheckpoint()
    later = now(stored, choice, labels, offset=LAG).select(windows.columns).localCheckpoint()

    # The view dates a movement by when it happened, so that it leaves a window five minutes earlier.
    assert as_declared.exceptAll(windows).count() > 0
    assert later.exceptAll(windows).take(5) == []
    assert windows.exceptAll(later).take(5) == []


@pytest.mark.parametrize("key", [("carrier",), ("origin", "dest")], ids="-".join)
def test_calendar_days_differ_by_movements_that_were_known_after_midnight(
    real_sources: Mapping[str, DataFrame], key: tuple[str, ...]
) -> None:
    choice, feed = choice_of(*key), real_sources["movements"]
    windows = before(feed, choice, WEEKS).localCheckpoint()
    stored = stored_movements(feed, WEEKS)
    as_declared = now(stored, choice, windows.select(*key, "event_time")).select(windows.columns).localCheckpoint()
    local_days = [F.to_date(F.from_utc_timestamp(name, ZONE)) for name in ("event_time", "available_at")]
    past_midnight = stored.where(local_days[0] != local_days[1]).select(*key).distinct()

    differing = as_declared.exceptAll(windows).localCheckpoint()
    assert 0 < differing.count() < windows.count()
    assert differing.join(past_midnight, on=list(key), how="left_anti").take(5) == []


@pytest.mark.evidence
@each_key
def test_aggregates_equal_the_windows_over_the_feed_of_the_year(spark: SparkSession, key: tuple[str, ...]) -> None:
    feed = to_frame(spark, flights.movements(date(2013, 1, 1), date(2013, 12, 31)), MOVEMENTS.fields)
    assert assert_equal(feed.localCheckpoint(), key, YEAR) > 5_000
