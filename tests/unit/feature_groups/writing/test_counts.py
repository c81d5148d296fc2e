"""What one pass over a batch counts, and what is computed on the side while the write goes on."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Batch, FeatureGroup, FeatureStore, Field
from tidegate.feature_groups.definition import BUCKET
from tidegate.feature_groups.storage import create_group_table
from tidegate.feature_groups.writing.admit import admit
from tidegate.feature_groups.writing.commit import commit
from tidegate.feature_groups.writing.compare import compare
from tidegate.feature_groups.writing.counts import count
from tidegate.feature_groups.writing.order import OrderedRows
from tidegate.feature_groups.writing.record import record
from tidegate.feature_groups.writing.target import Target, find_target
from tidegate.feature_groups.writing.validate import VERDICT, validate
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.tables.store import Store

FIELDS = (
    Field("sensor", T.LongType(), "sensor"),
    Field("pm25", T.DoubleType(), "fine dust"),
    Field("note", T.StringType(), "what the keeper wrote"),
)
GROUP = FeatureGroup("dust", 1, ("sensor",), FIELDS, "dust")
EVERYTHING_IS_LARGE = WriteSizes(many_bytes=0)


class OnTheSide(ThreadPoolExecutor):
    """Counts what is computed on the side."""

    def __init__(self) -> None:
        super().__init__(1)
        self.jobs = 0

    def submit(self, *given: object) -> Future[object]:  # type: ignore[override]
        self.jobs += 1
        return super().submit(*given)  # type: ignore[arg-type]


class Failing(Executor):
    """Everything that is computed on the side fails."""

    def submit(self, *given: object) -> Future[object]:  # type: ignore[override]
        failed: Future[object] = Future()
        failed.set_exception(RuntimeError("an executor is lost"))
        return failed


def reports(spark: SparkSession, sensors: int) -> DataFrame:
    values = ("id AS sensor", "if(id % 5 = 0, NULL, id / 3) AS pm25", "string(id % 11) AS note")
    rows = spark.range(sensors).selectExpr(*values, "timestamp_seconds(id) AS event_time")
    return rows.withColumn("available_at", F.col("event_time"))


@pytest.fixture
def target_of(spark: SparkSession, tmp_path: Path) -> Callable[..., Target]:
    """A target without a table."""

    def made(buckets: int = 4, sizes: WriteSizes = WriteSizes()) -> Target:  # frozen
        return Target(Store.open(spark, tmp_path), GROUP, Batch(), str(tmp_path / "none"), buckets, frozenset(), sizes)

    return made


def ordered(target: Target, rows: DataFrame, in_order: bool = False) -> OrderedRows:
    validated = validate(target, rows)
    return OrderedRows(target, validated.check, validated.rows.localCheckpoint(), in_order)


@pytest.mark.parametrize("buckets", [1, 64, 128])
def test_the_buckets_of_accepted_rows_are_named(spark: SparkSession, target_of: Callable[..., Target], buckets: int) -> None:
    batch = ordered(target_of(buckets), reports(spark, 1_000))
    there = [bucket for bucket in (0, 5, 63, 64, 127) if bucket < buckets]
    held_back = F.when(~F.col(BUCKET).isin(there), "quarantined").otherwise(F.col(VERDICT))
    some = replace(batch, rows=batch.rows.withColumn(VERDICT, held_back))
    none = replace(batch, rows=batch.rows.withColumn(VERDICT, F.lit("dropped")))
    with ThreadPoolExecutor(1) as side:
        found, without = count(some, side), count(none, side)
    assert (found.read, found.buckets, found.accepted + found.quarantined) == (1_000, tuple(there), 1_000)
    assert (without.buckets, without.earliest, without.dropped) == ((), None, 1_000)


def test_a_large_batch_is_counted_in_two_parts_to_the_same_end(spark: SparkSession, target_of: Callable[..., Target]) -> None:
    batch = ordered(target_of(), reports(spark, 500))
    with OnTheSide() as side:
        small = count(batch, side)
        assert side.jobs == 0
        large = count(replace(batch, target=target_of(sizes=EVERYTHING_IS_LARGE)), side)
        assert side.jobs == 1
        assert large.statistics() == small.statistics()
    assert replace(large, statistics=small.statistics) == small
    assert (small.read, small.buckets, len(small.statistics())) == (500, (0, 1, 2, 3), 4)


def test_the_sketches_of_a_large_batch_are_not_waited_for(spark: SparkSession, target_of: Callable[..., Target]) -> None:
    batch, go_on = ordered(target_of(sizes=EVERYTHING_IS_LARGE), reports(spark, 500)), Event()
    with ThreadPoolExecutor(1) as side:
        was_waited_for = side.submit(lambda: not go_on.wait(20))
        counts = count(batch, side)
        go_on.set()
        assert not was_waited_for.result()
        assert counts.read == 500
        assert [each.rows for each in counts.statistics()] == [500, 500, 500, 500]


def test_what_is_computed_on_the_side_has_the_callers_job_group(spark: SparkSession, target_of: Callable[..., Target]) -> None:
    batch = ordered(target_of(sizes=EVERYTHING_IS_LARGE), reports(spark, 500))
    spark.sparkContext.setJobGroup("counted here", "a write")
    try:
        with ThreadPoolExecutor(1) as side:
            count(batch, side).statistics()
    finally:
        spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)
    assert len(spark.sparkContext.statusTracker().getJobIdsForGroup("counted here")) >= 2


def test_a_batch_whose_sketches_fail_is_not_committed(spark: SparkSession, tmp_path: Path) -> None:
    store, batch = Store.open(spark, tmp_path), Batch("first")
    create_group_table(store, GROUP)
    target = find_target(store, GROUP, batch, EVERYTHING_IS_LARGE)
    admitted = admit(ordered(target, reports(spark, 500), in_order=True), Failing())
    assert admitted is not None
    compared = compare(admitted)
    assert compared is not None
    with pytest.raises(RuntimeError, match="an executor is lost"):
        commit(compared)
    assert FeatureStore(spark, str(tmp_path)).read(GROUP).isEmpty()
    with ThreadPoolExecutor(1) as side:
        admitted = admit(ordered(target, reports(spark, 500), in_order=True), side)
        assert admitted is not None
        compared = compare(admitted)
        assert compared is not None
        written = record(commit(compared))
    assert (written.inserted, len(written.statistics)) == (500, 4)
