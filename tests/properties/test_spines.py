"""Spines by rule equal an oracle in plain Python, in worlds with tombstones, corrections of keys, late rows and look-backs."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import FeatureGroup, Field
from tidegate.datasets.spine_rows import spine_rows
from tidegate.datasets.spines import SpineByRule, every
from tidegate.errors import UsageError

HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
START = datetime(2024, 3, 29, tzinfo=UTC)
END = START + timedelta(days=4)
GROUP = FeatureGroup(
    "flights",
    1,
    ("world", "flight"),
    (
        Field("world", T.IntegerType(), "world"),
        Field("flight", T.StringType(), "flight"),
        Field("airport", T.StringType(), "airport"),
        Field("number", T.IntegerType(), "order"),
    ),
    "flights",
    history="all",
    sequence="number",
)
PLAIN = every(GROUP, "1 day", "02:30", "Europe/Warsaw")
SPINES = {
    "own key": PLAIN,
    "look-back": replace(PLAIN, lookback=30 * HOUR),
    "other key": replace(PLAIN, key=("world", "airport")),
    "other key, look-back and horizons": replace(
        PLAIN, key=("world", "airport"), lookback=20 * HOUR, horizons=(timedelta(hours=1), timedelta(days=2))
    ),
    "hours of the next day": replace(PLAIN, horizons="hours of the next day"),
}
WORLDS = 300


class Row(NamedTuple):
    """One observation of a world."""

    world: int
    flight: str
    airport: str | None
    number: int
    event_time: datetime
    available_at: datetime
    tombstone: bool


def drawn_spine(seed: int) -> SpineByRule:
    """Draw a spine of any kind."""
    draw = random.Random(f"spine {seed}")
    period = draw.choice(["1 hour", "3 hours", "12 hours", "1 day", "1 day", "2 days", "1 week"])
    at = f"{'Sunday ' if 'week' in period else ''}{draw.choice(['00:00', '02:30', '18:00'])}"
    return every(
        GROUP,
        period,
        at,
        draw.choice(["Europe/Warsaw", "Asia/Beirut", "America/New_York", "Australia/Lord_Howe", "UTC"]),
        key=draw.choice([("world", "flight"), ("world", "airport"), ("airport", "world", "number")]),
        lookback=draw.choice([None, None, TICK, HOUR, 30 * HOUR]),
        horizons=draw.choice([None, None, (HOUR,), (TICK, 30 * HOUR), "hours of the next day" if "day" in period else None]),
    )


def world(number: int, spine: SpineByRule = PLAIN) -> list[Row]:
    """A few observations that replace, withdraw and move each other, some of them exactly at the times of the spine."""
    draw = random.Random(number)
    exact = spine.times.between(START, END) or [START]
    rows: dict[tuple[object, ...], Row] = {}
    for _ in range(draw.randint(0, 7)):
        event = draw.choice([START + draw.randint(-40, 110) * HOUR, *exact])
        known = draw.choice([event + draw.randint(-3, 60) * HOUR, draw.choice(exact), draw.choice(exact) + TICK])
        flight, order = draw.choice("ab"), draw.randint(0, 99)
        if rows and draw.random() < 0.2:
            # Only the sequence orders it and another observation.
            flight, event, known = draw.choice([(row.flight, row.event_time, row.available_at) for row in rows.values()])
        row = Row(number, flight, draw.choice(["x", "y", None]), order, event, known, draw.random() < 0.3)
        rows[row.flight, row.event_time, row.available_at, row.number] = row
    return list(rows.values())


def oracle(rows: Iterable[Row], spine: SpineByRule) -> set[tuple[object, ...]]:
    """The rows of the spine of one world: for each time, look at every event and what is known of it by then."""
    found: set[tuple[object, ...]] = set()
    given = list(rows)
    for moment in spine.times.between(START, END):
        newest: dict[tuple[str, datetime], Row] = {}
        for row in sorted(given, key=lambda each: (each.available_at, each.number)):
            if row.available_at <= moment:
                newest[row.flight, row.event_time] = row
        for row in newest.values():
            is_young = spine.lookback is None or row.event_time > moment - spine.lookback
            key = tuple(getattr(row, name) for name in spine.key)
            if not row.tombstone and is_young and None not in key:
                targets = spine.targets(moment) or [None]
                found |= {(*key, *([target] if target else []), moment) for target in targets}
    return found


@pytest.mark.parametrize("name", SPINES)
def test_spines_equal_the_oracle(spark: SparkSession, name: str) -> None:
    assert compared_rows(spark, SPINES[name], [world(number) for number in range(WORLDS)]) > WORLDS


def compared_rows(spark: SparkSession, spine: SpineByRule, worlds: list[list[Row]]) -> int:
    """Compare the rows of a spine with the oracle, and return how many they are."""
    schema = "world int, flight string, airport string, number int, event_time timestamp, available_at timestamp"
    rows = spark.createDataFrame([row for each in worlds for row in each], f"{schema}, _tombstone boolean")
    made = spine_rows(rows, spine, START, END)
    assert made.columns == [*spine.entity_key, "event_time"]
    # The times are returned without their zone, which is UTC for the process.
    collected = [
        tuple(value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for value in row) for row in made.collect()
    ]
    assert len(collected) == len(set(collected))
    expected = set().union(*(oracle(each, spine) for each in worlds))
    assert set(collected) == expected, spine.full_name
    return len(expected)


def test_more_times_than_a_query_can_hold_are_refused(spark: SparkSession) -> None:
    spine = every(GROUP, "1 hour", "00:00", "UTC", horizons="hours of the next day")
    rows = spark.createDataFrame([], "world int, flight string, event_time timestamp, available_at timestamp, number int")
    with pytest.raises(UsageError, match=r"has 2\d\d,\d{3} times for each entity .* At most 200,000"):
        spine_rows(rows, spine, START, START + timedelta(days=400))
