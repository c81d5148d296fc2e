"""Explanations of aggregates agree with what the native code counts: as many rows are said to be counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import product
from random import Random
from typing import Literal

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.properties.aggregates_declared import ZONES
from tests.properties.aggregates_oracle import EPOCH, MICROSECOND
from tests.properties.aggregates_worlds import STARTS
from tests.unit.point_in_time.aggregates.test_ways import FEATURES, HOUR, START, frame_of, world

from tidegate import CalendarDays, LastRows, count, last
from tidegate.moments import micros_of
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.explain import FEATURE, explained_aggregates, window_at
from tidegate.point_in_time.aggregates.native.bounds import window_bounds
from tidegate.point_in_time.join import point_in_time_join

ALL = FEATURES | {
    "days": count(window=CalendarDays(1, "Asia/Tokyo"), where="kind = 'a'"),
    "planned": count(ahead=3 * HOUR),
    "nulls": last("value", skip_null=False, window=5 * HOUR),
    "newest": count("value", window=LastRows(4)),
    "by": count(by="kind", window=8 * HOUR),
}


SPECIFICATIONS: list[tuple[tuple[str, ...], tuple[str, ...], Literal["inclusive", "exclusive"]]] = [
    (("k",), (), "exclusive"),
    (("city",), ("k", "event"), "inclusive"),
    (("city",), ("event",), "inclusive"),
]


def test_calendar_days_of_explanations_are_those_of_the_join() -> None:
    """On the days of all kinds of clock changes, also where a day comes back after midnight."""
    random, inside = Random(7), 0
    for _ in range(1500):
        start, zone = EPOCH + random.choice(STARTS[:-2]) * MICROSECOND, random.choice(ZONES)
        moment, event = (start + timedelta(minutes=random.randint(-2000, 4000), seconds=random.randint(0, 1)) for _ in "ab")
        if random.random() < 0.02:
            # In a minute after midnight, before the clocks go back to the day before.
            zone, moment = "America/St_Johns", datetime(2005, 10, 30, 2, 30, 30, tzinfo=UTC)
            event = moment - timedelta(minutes=random.randint(0, 1500))
        each = count(window=CalendarDays(random.choice([1, 2]), zone))
        low, high = window_at(each, moment)
        [first], [end] = window_bounds(each, np.array([micros_of(event)]))
        assert (low <= event < high) == (first <= micros_of(moment) < end), (zone, moment, event)
        inside += low <= event < high
    assert inside > 150


def test_explanations_count_as_many_rows_as_the_join(spark: SparkSession) -> None:
    """All labels and specifications in one query: their explanations are united."""
    frame = frame_of(spark, world(Random(3)))
    label_rows = [("a", "r", START + 5 * HOUR), ("b", "s", START + 9 * HOUR), ("c", "s", START + 16 * HOUR)]
    joined = spark.createDataFrame(label_rows, "k string, city string, t timestamp")
    explained = []
    for number, (key, per, boundary) in enumerate(SPECIFICATIONS):
        features = {f"{name}_{number}": each for name, each in ALL.items()}
        plain = AggregateRows("seen", frame, ("k",), key, features, "city is not null", boundary)
        rows = replace(plain, name=f"seen_{number}", one_event_per=per, fresh_until=START + 99 * HOUR)
        joined = point_in_time_join(joined, "t", [rows], provenance=True)
        for k, city, at in label_rows:
            values = {"k": F.lit(k), "city": F.lit(city)}
            found = explained_aggregates(rows, {name: values[name] for name in key}, at, frozenset({"city"}))
            explained.append(found.select(F.lit(k).alias("k"), FEATURE, "verdict", "features"))
    counts = reduce(DataFrame.unionByName, explained).groupBy("k", FEATURE)
    seen = counts.agg(F.count_if(F.expr("verdict = 'counted'")), F.count_if(F.expr("features like '%city%'"))).collect()
    said = {(row[0], row[1]): (row[2], row[3]) for row in seen}
    counted = 0
    for row in joined.collect():
        for number, name in product(range(len(SPECIFICATIONS)), ALL):
            expected = row[f"{name}_{number}__rows"]
            assert said[row["k"], f"{name}_{number}"] == (expected, 0), (SPECIFICATIONS[number], name, row["k"])
            counted += expected
    assert counted > 100
