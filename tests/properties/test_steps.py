"""Derived groups against a plain computation of everything, after each run: as known now, and as known at each earlier run.

All worlds lie in the same tables, each with a name of its own and ten days apart, so that one run serves them all.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.writing import write_rows

from tidegate import Batch, FeatureGroup, FeatureStep, FeatureStore, Field, reads
from tidegate.feature_groups.read import current_rows, rows_as_known, rows_at
from tidegate.pipelines.run_records import RunRecords
from tidegate.pipelines.run_step import run_step

pytestmark = pytest.mark.slow

START = datetime(2024, 1, 1, tzinfo=UTC)
ARRIVALS = START + timedelta(days=1000)
HOUR, WORLDS_APART = timedelta(hours=1), timedelta(days=10)
KEY = (Field("world", T.IntegerType(), "generated world"), Field("key", T.StringType(), "entity"))


def group_of(name: str, *features: Field) -> FeatureGroup:
    return FeatureGroup(name, 1, ("world", "key"), (*KEY, *features), f"generated {name}", history="all")


LEFT = group_of("left_side", Field("value", T.IntegerType(), "value"))
RIGHT = group_of("right_side", Field("level", T.IntegerType(), "level"))
SUMS = group_of("sums", Field("total", T.LongType(), "sum"), Field("next", T.IntegerType(), "level"))
COUNTS = group_of("counts", Field("rows", T.LongType(), "sums so far"))
BEFORE, AFTER, COUNTED = 2 * HOUR, HOUR, 5 * HOUR
WORLDS = 24


def summed(left: DataFrame, right: DataFrame) -> DataFrame:
    """For each event the sum of the last two hours, and the last level of the following hour."""
    own, other, level = left.alias("own"), left.alias("other"), right.alias("level")
    same = [F.col(f"own.{name}") == F.col(f"other.{name}") for name in ("world", "key")]
    span = F.col("other.event_time").between(F.col("own.event_time") - F.lit(BEFORE), F.col("own.event_time"))
    event = ["own.world", "own.key", "own.event_time"]
    known = F.max("other.available_at").alias("known")
    totals = own.join(other, [*same, span]).groupBy(*event).agg(F.sum("other.value").alias("total"), known).alias("own")
    same = [F.col(f"own.{name}") == F.col(f"level.{name}") for name in ("world", "key")]
    span = F.col("level.event_time").between(F.col("own.event_time"), F.col("own.event_time") + F.lit(AFTER))
    found = totals.join(level, [*same, span], "left").groupBy(*event, "own.total", "own.known")
    available = F.greatest("own.known", F.max("level.available_at")).alias("available_at")
    return found.agg(F.max_by("level.level", "level.event_time").alias("next"), available).select(
        "world", "key", "total", "next", "event_time", "available_at"
    )


def counted(sums: DataFrame) -> DataFrame:
    """The number of sums of the last five hours. When they became known is left to the library."""
    seconds = F.unix_seconds("event_time")
    window = Window.partitionBy("world", "key").orderBy(seconds).rangeBetween(-int(COUNTED.total_seconds()), 0)
    return sums.select("world", "key", F.count(F.lit(1)).over(window).alias("rows"), "event_time")


STEPS = (
    FeatureStep(SUMS, (reads(LEFT, before=BEFORE), reads(RIGHT, after=AFTER)), summed),
    FeatureStep(COUNTS, (reads(SUMS, before=COUNTED),), counted),
)


@dataclass(frozen=True)
class Row:
    """One row of a file: an event of an input, or with the value None its removal."""

    world: int
    key: str
    hour: int
    value: int | None

    @property
    def event(self) -> datetime:
        return START + self.world * WORLDS_APART + self.hour * HOUR


Table = dict[tuple[int, str, datetime], int]


def file_of(draw: random.Random, world: int) -> list[Row]:
    """A few rows of few events: late ones, corrections, equal ones, removals of rows that are there and of others."""
    events = {(draw.choice("ab"), draw.randrange(12)) for _ in range(draw.randrange(5))}
    return [Row(world, key, hour, draw.choice([None, 1, 1, 2, 3])) for key, hour in sorted(events)]


def applied(rows: Iterable[Row], table: Mapping[tuple[int, str, datetime], int]) -> Table:
    after = dict(table)
    for row in rows:
        if row.value is None:
            after.pop((row.world, row.key, row.event), None)
        else:
            after[row.world, row.key, row.event] = row.value
    return after


def expected_sums(left: Table, right: Table) -> set[tuple[object, ...]]:
    found = set()
    for world, key, event in left:
        total = sum(v for (w, k, e), v in left.items() if (w, k) == (world, key) and event - BEFORE <= e <= event)
        levels = [(e, v) for (w, k, e), v in right.items() if (w, k) == (world, key) and event <= e <= event + AFTER]
        found.add((world, key, total, max(levels, default=(None, None))[1], event))
    return found


def expected_counts(left: Table) -> set[tuple[object, ...]]:
    return {
        (world, key, sum(1 for w, k, e in left if (w, k) == (world, key) and event - COUNTED <= e <= event), event)
        for world, key, event in left
    }


def frame_of(spark: SparkSession, rows: list[Row], feature: str) -> DataFrame:
    schema = f"world int, key string, {feature} int, event_time timestamp, available_at timestamp, _tombstone boolean"
    values = [(row.world, row.key, row.value, row.event, None, row.value is None) for row in rows]
    return spark.createDataFrame(values, schema)


def found_in(rows: DataFrame, *features: str) -> set[tuple[object, ...]]:
    micros = F.unix_micros("event_time").alias("at")
    return {
        (*row[:-1], datetime.fromtimestamp(row["at"] / 1e6, UTC))
        for row in rows.select("world", "key", *features, micros).collect()
    }


@pytest.mark.parametrize("number_of_runs", [3, pytest.param(8, marks=pytest.mark.evidence)])
def test_rows_are_right_now_and_as_known_at_each_run(spark: SparkSession, tmp_path: Path, number_of_runs: int) -> None:
    store = FeatureStore(spark, str(tmp_path))
    draws = [random.Random(f"steps {world}") for world in range(WORLDS)]
    left: Table = {}
    right: Table = {}
    runs: list[tuple[datetime, Table, Table]] = []
    for number in range(number_of_runs):
        arrived = ARRIVALS + number * HOUR
        for group, feature in ((LEFT, "value"), (RIGHT, "level")):
            rows = [row for world, draw in enumerate(draws) for row in file_of(draw, world)]
            write_rows(store, group, frame_of(spark, rows, feature), Batch(f"{feature} {number}", arrived_at=arrived))
            left, right = (applied(rows, left), right) if group is LEFT else (left, applied(rows, right))
        for step in STEPS:
            assert run_step(store.handle, step, RunRecords(store.handle)).written is not None
            assert run_step(store.handle, step, RunRecords(store.handle)).written is None
        runs.append((arrived, left, right))
    for moment, known_left, known_right in runs:
        sums = rows_as_known(rows_at(store.handle, SUMS), SUMS, moment + timedelta(minutes=1))
        assert found_in(sums, "total", "next") == expected_sums(known_left, known_right)
        counts = rows_as_known(rows_at(store.handle, COUNTS), COUNTS, moment + timedelta(minutes=1))
        assert found_in(counts, "rows") == expected_counts(known_left)
    assert found_in(current_rows(rows_at(store.handle, SUMS), SUMS), "total", "next") == expected_sums(left, right)
