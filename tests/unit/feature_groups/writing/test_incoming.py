"""What one pass over a batch tells, and what is computed beside the rest of the write."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.writing import write_rows

from tidegate import Batch, FeatureGroup, FeatureStore, Field
from tidegate.feature_groups.definition import BUCKET
from tidegate.feature_groups.writing import incoming
from tidegate.feature_groups.writing.incoming import STANDING, completed, incoming_facts, judged

GROUP = FeatureGroup(
    "dust", 1, ("sensor",), (Field("sensor", T.LongType(), "sensor"), Field("pm25", T.DoubleType(), "fine dust")), "dust"
)


def reports(spark: SparkSession, sensors: int) -> DataFrame:
    rows = spark.range(sensors).selectExpr("id AS sensor", "id / 3 AS pm25", "timestamp_seconds(id) AS event_time")
    return rows.withColumn("available_at", F.col("event_time"))


def staged(spark: SparkSession, sensors: int, buckets: int) -> DataFrame:
    """Judged reports of so many sensors, all of which count."""
    return judged(completed(reports(spark, sensors), GROUP, Batch()), GROUP, buckets, None)


@pytest.mark.parametrize("buckets", [1, 64, 128])
def test_the_buckets_of_the_rows_that_count_are_named(spark: SparkSession, buckets: int) -> None:
    rows = staged(spark, 1_000, buckets)
    held_back = rows.where(f"{BUCKET} NOT IN (0, 5, 63, 64, 127)").withColumn(STANDING, F.lit("quarantined"))
    there = [bucket for bucket in (0, 5, 63, 64, 127) if bucket < buckets]
    with ThreadPoolExecutor(1) as beside:
        facts = incoming_facts(rows.where(f"{BUCKET} IN (0, 5, 63, 64, 127)").unionByName(held_back), GROUP, buckets, beside)
        none = incoming_facts(held_back, GROUP, buckets, beside)
    assert (facts.read, facts.buckets, none.buckets) == (1_000, tuple(there), ())


def test_the_sketches_of_a_large_batch_are_not_waited_for(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, go_on, groups = staged(spark, 500, 4), Event(), []
    aggregated = incoming._aggregated

    def seen(*given: object) -> object:
        groups.append(spark.sparkContext.getLocalProperty("spark.jobGroup.id"))
        return aggregated(*given)

    monkeypatch.setattr(incoming, "_aggregated", seen)
    spark.sparkContext.setJobGroup("mine", "a write")
    try:
        with ThreadPoolExecutor(1) as beside:
            expected = incoming_facts(rows, GROUP, 4, beside).statistics()
            monkeypatch.setattr(incoming, "_MANY_BYTES", 0)
            was_waited_for = beside.submit(lambda: not go_on.wait(20))
            facts = incoming_facts(rows, GROUP, 4, beside)
            go_on.set()
            assert not was_waited_for.result()
            assert facts.read == 500
            assert facts.statistics() == expected
    finally:
        spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)
    assert groups == ["mine", "mine", "mine"]


def test_a_batch_whose_sketches_fail_is_not_committed(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, batch, aggregated, jobs = FeatureStore(spark, str(tmp_path)), Batch("first"), incoming._aggregated, []

    def failing(*given: object) -> object:
        jobs.append(given)
        if len(jobs) == 2:
            raise RuntimeError("an executor is lost")
        return aggregated(*given)

    monkeypatch.setattr(incoming, "_aggregated", failing)
    monkeypatch.setattr(incoming, "_MANY_BYTES", 0)
    with pytest.raises(RuntimeError, match="an executor is lost"):
        write_rows(store, GROUP, reports(spark, 500), batch)
    assert store.read(GROUP).isEmpty()
    written = write_rows(store, GROUP, reports(spark, 500), batch)
    assert (written.inserted, len(written.statistics)) == (500, 3)
