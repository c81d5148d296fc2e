"""Derived groups against a plain computation of everything: as known now, as known after each run, and never known too early.

The rows come as files, through `store.run`. What a row comes from is computed in Python, see `step_worlds`.
"""

import random
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.killed import commits, killed
from tests.properties.step_worlds import (
    AFTER,
    BEFORE,
    COUNTED,
    HIDING,
    Delivered,
    Event,
    Table,
    deliveries,
    expected_counts,
    expected_sums,
    land,
    moment_of_run,
    sides,
    spans_that_change,
)
from tests.rows_as_text import rows_as_text

from tidegate import Csv, FeatureGroup, FeatureStep, FeatureStore, Field, LoadRequest, Source, StateFiles, reads
from tidegate.feature_groups.loaded_until import loaded_until
from tidegate.feature_groups.read import rows_at
from tidegate.pipelines.feature_pipeline import FeaturePipelineResult
from tidegate.tables.read import current_version, read_table

pytestmark = pytest.mark.slow

KEY = (Field("way", T.StringType(), "how it is delivered"), Field("world", T.IntegerType(), "generated world"))
KEY += (Field("key", T.StringType(), "entity"),)
NAMES = tuple(field.name for field in KEY)
AT = Field("happened_at", T.TimestampType(), "when")
VALUE, LEVEL = Field("value", T.IntegerType(), "value"), Field("level", T.IntegerType(), "level")


def group_of(name: str, *features: Field) -> FeatureGroup:
    return FeatureGroup(name, 1, NAMES, (*KEY, *features), f"generated {name}", history="all")


GONE, KNOWN = Field("is_gone", T.BooleanType(), "whether it ends"), Field("known_at", T.TimestampType(), "when it became known")
LEFT_FILES = Source("left_files", (*KEY, AT, VALUE, GONE, KNOWN), Csv(), event_time="happened_at", available_at="known_at")
LEFT = group_of("left_side", VALUE)
LEVELS = Source("levels", (*KEY, AT, LEVEL), Csv(), contents=StateFiles(scope=("way",)), key=NAMES, event_time="happened_at")
SUMS = group_of("sums", Field("total", T.LongType(), "sum"), Field("next", T.IntegerType(), "level"))
COUNTS = group_of("counts", Field("rows", T.LongType(), "sums so far"))
DERIVED = {SUMS: ("total", "next"), COUNTS: ("rows",)}


def left_rows(files: DataFrame) -> DataFrame:
    times = F.col("happened_at").alias("event_time"), F.col("known_at").alias("available_at")
    return files.select(*NAMES, "value", *times, F.col("is_gone").alias("_tombstone"))


def summed(left: DataFrame, levels: DataFrame) -> DataFrame:
    """For each event the sum of the last two hours and the last level of the following hour, if that is not hiding."""
    own, other, level = left.alias("own"), left.alias("other"), levels.alias("level")
    same = [F.col(f"own.{name}") == F.col(f"other.{name}") for name in NAMES]
    span = F.col("other.event_time").between(F.col("own.event_time") - F.lit(BEFORE), F.col("own.event_time"))
    event = [*[f"own.{name}" for name in NAMES], "own.event_time"]
    known = F.max("other.available_at").alias("known")
    totals = own.join(other, [*same, span]).groupBy(*event).agg(F.sum("other.value").alias("total"), known).alias("own")
    same = [F.col(f"own.{name}") == F.col(f"level.{name}") for name in NAMES]
    span = F.col("level.event_time").between(F.col("own.event_time"), F.col("own.event_time") + F.lit(AFTER))
    found = totals.join(level, [*same, span], "left").groupBy(*event, "own.total", "own.known")
    available = F.greatest("own.known", F.max("level.available_at")).alias("available_at")
    sums = found.agg(F.max_by("level.level", "level.event_time").alias("next"), available)
    return sums.where(f"next IS NULL OR next <> {HIDING}").select(*NAMES, "total", "next", "event_time", "available_at")


def counted(sums: DataFrame) -> DataFrame:
    """The number of sums of the last three hours. When they became known is left to the library."""
    seconds = F.unix_seconds("event_time")
    window = Window.partitionBy(*NAMES).orderBy(seconds).rangeBetween(-int(COUNTED.total_seconds()), 0)
    return sums.select(*NAMES, F.count(F.lit(1)).over(window).alias("rows"), "event_time")


STEPS = (
    FeatureStep(LEFT, (LEFT_FILES,), left_rows),
    FeatureStep(SUMS, (reads(LEFT, before=BEFORE), reads(LEVELS, after=AFTER)), summed),
    FeatureStep(COUNTS, (reads(SUMS, before=COUNTED),), counted),
)


class Feed:
    """A landing zone that is filled run by run."""

    def __init__(self, folder: Path, seed: str, worlds: int, runs: int) -> None:
        self.folder, self.draw = folder, random.Random(f"files of {seed}")
        self.delivered = deliveries(seed, worlds, runs)

    def land(self, number: int) -> None:
        land(self.folder, number, self.delivered[number], self.draw)

    def run(self, store: FeatureStore, number: int) -> FeaturePipelineResult:
        return store.run(*STEPS, request=LoadRequest(str(self.folder), arrived_at=moment_of_run(number)))


class Observation:
    """A stored row of a derived group: since when it is known, and its values, or None for a tombstone."""

    def __init__(self, known: datetime, values: tuple[object, ...] | None) -> None:
        self.known, self.values = known, values


def observations(store: FeatureStore, versions: Sequence[Mapping[str, int]]) -> list[dict[str, dict[Event, list[Observation]]]]:
    """Return the stored rows of the derived groups at each of these versions, in one job."""
    parts = []
    for run, of in enumerate(versions):
        for group, features in DERIVED.items():
            micros = [F.unix_micros(name).alias(name) for name in ("event_time", "available_at")]
            values = F.array(*[F.col(name).cast("long") for name in features]).alias("values")
            rows = rows_at(store.handle, group, of[group.name])
            parts.append(
                rows.select(F.lit(run).alias("run"), F.lit(group.name).alias("group"), *NAMES, *micros, values, "_tombstone")
            )
    found = [{group.name: dict[Event, list[Observation]]() for group in DERIVED} for _ in versions]
    for row in reduce(DataFrame.unionByName, parts).orderBy("available_at").collect():
        event = row["way"], row["world"], row["key"], datetime.fromtimestamp(row["event_time"] / 1e6, UTC)
        known = datetime.fromtimestamp(row["available_at"] / 1e6, UTC)
        seen = Observation(known, None if row["_tombstone"] else tuple(row["values"]))
        found[row["run"]][row["group"]].setdefault(event, []).append(seen)
    return found


def as_known(rows: Mapping[Event, Sequence[Observation]], moment: datetime, way: str = "") -> dict[Event, tuple[object, ...]]:
    """Return the rows of a derived group as they were known at a moment, of one way or of all."""
    newest = {event: [each for each in seen if each.known <= moment][-1:] for event, seen in rows.items()}
    return {
        event: last.values for event, found in newest.items() for last in found if last.values and (not way or event[0] == way)
    }


def require_not_early(
    had: Mapping[str, Mapping[Event, Sequence[Observation]]],
    found: Mapping[str, Mapping[Event, Sequence[Observation]]],
    left: Table,
    right: Table,
) -> None:
    """No row that a run wrote, and no tombstone, is known before all that it may come from."""
    nothing = timedelta(0)
    sums = Table({}, {event: seen[-1].known for event, seen in found["sums"].items()})
    for group, rows in found.items():
        for event, seen in rows.items():
            newest = sums.known(event, COUNTED, nothing)
            if group == "sums":
                newest = max(left.known(event, BEFORE, nothing), right.known(event, nothing, AFTER))
            written = seen[len(had.get(group, {}).get(event, ())) :]
            assert all(each.known >= newest for each in written), (group, event, newest)


def require_true(store: FeatureStore, delivered: Sequence[Delivered], versions: Sequence[Mapping[str, int]]) -> None:
    """Compare the derived groups after each run with what the files delivered until then."""
    stored, last = observations(store, versions), moment_of_run(len(versions) + 1)
    for number, found in enumerate(stored):
        left, right = sides(delivered[: number + 1])
        sums = expected_sums(left, right)
        assert as_known(found["sums"], last) == sums
        assert as_known(found["counts"], last) == expected_counts(sums)
        require_not_early(stored[number - 1] if number else {}, found, left, right)
        # As it was known after this run, seen from the end.
        moment, kept = moment_of_run(number) + timedelta(minutes=1), {e: v for e, v in sums.items() if e[0] == "kept"}
        assert as_known(stored[-1]["sums"], moment, "kept") == kept
        assert as_known(stored[-1]["counts"], moment, "kept") == expected_counts(kept)


def counts_lie_in(done: FeaturePipelineResult, spans: Sequence[tuple[datetime, datetime]]) -> bool:
    """Return whether the counts were computed for no event times but those in one of these spans."""
    [affected] = [step.affected for step in done.computed if step.group == COUNTS.full_name]
    return affected is not None and all(
        any(first <= one and other <= last for first, last in spans) for one, other in affected.spans
    )


def versions_now(store: FeatureStore) -> dict[str, int]:
    layout = store.layout
    return {group.name: current_version(store.handle.spark, layout.feature_group(group.full_name)) for group in DERIVED}


@pytest.mark.parametrize(
    ("seed", "runs"), [("steps 240", 2), *(pytest.param(f"worlds {n}", 8, marks=pytest.mark.evidence) for n in range(5))]
)
def test_rows_are_right_now_and_as_known_at_each_run(spark: SparkSession, tmp_path: Path, seed: str, runs: int) -> None:
    store, versions = FeatureStore(spark, tmp_path / "root"), list[Mapping[str, int]]()
    feed = Feed(tmp_path / "landing", seed, 46, runs)
    for number in range(runs):
        feed.land(number)
        if number == 1:
            # Killed after the sums were committed, and before anything is recorded about them.
            with killed("sums_v1"):
                feed.run(store, number)
        done = feed.run(store, number)
        assert number == 0 or counts_lie_in(done, spans_that_change(feed.delivered, number, COUNTED))
        versions.append(versions_now(store))
    require_true(store, feed.delivered, versions)


@pytest.mark.evidence
def test_a_run_that_is_killed_at_any_commit_ends_as_if_it_had_not_been(spark: SparkSession, tmp_path: Path) -> None:
    feed = Feed(tmp_path / "landing", "killed", 20, 2)
    feed.land(0)
    feed.run(FeatureStore(spark, tmp_path / "before"), 0)
    feed.land(1)

    def copied(name: str) -> FeatureStore:
        return FeatureStore(spark, Path(shutil.copytree(tmp_path / "before", tmp_path / name)))

    store = copied("whole")
    with commits() as seen:
        feed.run(store, 1)
    expected = state_of(store)
    assert {"left_side_v1", "levels_v1", "sums_v1", "counts_v1", "source_files", "loaded_until", "runs"} <= set(seen.tables)
    for number in range(1, len(seen.tables) + 1):
        store = copied(f"killed {number}")
        with killed(number):
            feed.run(store, 1)
        feed.run(store, 1)
        assert state_of(store) == expected, f"killed before commit {number}, to {seen.tables[number - 1]}"


def state_of(store: FeatureStore) -> tuple[object, ...]:
    """Return what a run leaves behind for later runs and for readers: rows, loaded files, and how far the groups are loaded."""
    groups = [*(step.group for step in STEPS), reads(LEVELS).group]
    tables = [f"feature_groups/{group.full_name}" for group in groups]
    rows = rows_as_text(store.handle.spark, store.layout.root, tables, leave_out=["_bucket"])
    files = read_table(store.handle.spark, store.layout.source_files).select("source", "file", "feature_group").distinct()
    return {name: sorted(each) for name, each in rows.items()}, sorted(files.collect()), loaded_until(store.handle, groups)
