"""A batch that replaces most of what it meets writes its buckets anew; one that replaces little of it merges."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.writing import write_rows

from tidegate import Batch, FeatureGroup, FeatureStore, Field, FullState
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.tables.delta_log.files import data_files

FIELDS = (Field("sensor", T.LongType(), "sensor"), Field("pm25", T.LongType(), "fine dust"))
GROUP = FeatureGroup("dust", 1, ("sensor",), FIELDS, "dust", expected_rows=2_000_000)
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.slow


def reports(spark: SparkSession, first: int, last: int, added: int, hours: int) -> DataFrame:
    """Sensors first .. last, each with its number and something added as value, known some hours after noon."""
    known = F.lit(NOON + timedelta(hours=hours)).alias("available_at")
    return spark.range(first, last).select(
        F.col("id").alias("sensor"), (F.col("id") + added).alias("pm25"), F.lit(NOON).alias("event_time"), known
    )


def last_operation(store: FeatureStore) -> str:
    """How the newest batch was committed; its few rows may have been put together since."""
    newest = store.history(GROUP).where("""userMetadata IS NULL OR userMetadata NOT LIKE '%"compacted"%'""").first()
    assert newest is not None
    return str(newest["operation"])


def test_a_batch_that_replaces_most_rows_writes_its_buckets_anew(spark: SparkSession, tmp_path: Path) -> None:
    sizes = WriteSizes(small_table=-1, fewest_for_rewrite=3_000)
    store = FeatureStore(spark, str(tmp_path))
    write_rows(store, GROUP, reports(spark, 0, 3_000, 0, 0), sizes=sizes)
    batch, named = reports(spark, 250, 3_250, 7, 1), Batch("second")
    written = write_rows(store, GROUP, batch, named, sizes=sizes)
    assert (written.read, written.inserted, written.updated) == (3_000, 250, 2_750)
    assert (last_operation(store), written.table_version) == ("WRITE", 2)
    expected = reports(spark, 0, 250, 0, 0).unionByName(batch)
    stored = store.read(GROUP).select(*expected.columns)
    assert stored.exceptAll(expected).isEmpty()
    assert stored.count() == 3_250
    assert write_rows(store, GROUP, batch, named, sizes=sizes).already_applied
    again = write_rows(store, GROUP, batch, sizes=sizes)
    assert (again.unchanged, again.table_version) == (3_000, 2)

    few = reports(spark, 0, 3_000, 7, 2).where("sensor < 250").unionByName(batch.where("sensor < 3000"))
    corrected = write_rows(store, GROUP, few, sizes=sizes)
    assert (corrected.updated, corrected.unchanged) == (250, 2_750)
    assert last_operation(store) == "MERGE"
    # Read by its few files, also where a MERGE only marked the rows that it replaced.
    assert store.read(GROUP).agg(F.sum("pm25")).collect() == [(sum(range(7, 3_257)),)]


def test_a_batch_of_fewer_rows_writes_no_bucket_anew(spark: SparkSession, tmp_path: Path) -> None:
    sizes = WriteSizes(small_table=-1, fewest_for_rewrite=1_001, may_mark=False)
    store = FeatureStore(spark, str(tmp_path))
    write_rows(store, GROUP, reports(spark, 0, 1_000, 0, 0), sizes=sizes)
    assert write_rows(store, GROUP, reports(spark, 0, 1_000, 7, 1), sizes=sizes).updated == 1_000
    assert last_operation(store) == "MERGE"


@pytest.mark.parametrize("divided_by_bucket", [True, False])
def test_buckets_written_anew_are_one_file_in_order(spark: SparkSession, tmp_path: Path, divided_by_bucket: bool) -> None:
    sizes = WriteSizes(small_table=-1, fewest_for_rewrite=0)
    # Spark would put so few rows together in one task, whatever they are divided by.
    spark.conf.set("spark.sql.adaptive.coalescePartitions.enabled", "false")
    spark.conf.set("spark.sql.requireAllClusterKeysForCoPartition", str(not divided_by_bucket).lower())
    store = FeatureStore(spark, str(tmp_path))
    write_rows(store, GROUP, reports(spark, 0, 200, 0, 0), sizes=sizes)
    written = write_rows(store, GROUP, reports(spark, 10, 210, 7, 1), sizes=sizes)
    assert (written.updated, last_operation(store)) == (190, "WRITE")
    path = store.layout.feature_group(GROUP.full_name)
    files = data_files(spark, path, BUCKET, EVENT_TIME)
    assert sorted((file.partition, file.hidden) for file in files) == [("0", 0), ("1", 0)]
    for file in files:
        sensors = [row.sensor for row in spark.read.parquet(f"{path}/{file.path}").collect()]
        assert sensors == sorted(sensors)


def test_a_full_state_that_replaces_most_rows_buries_the_others(spark: SparkSession, tmp_path: Path) -> None:
    sizes = WriteSizes(small_table=-1, fewest_for_rewrite=0)
    store = FeatureStore(spark, str(tmp_path))
    write_rows(store, GROUP, reports(spark, 0, 100, 0, 0), Batch(contents=FullState(NOON)), sizes=sizes)
    state = reports(spark, 10, 100, 7, 0)
    written = write_rows(store, GROUP, state, Batch(contents=FullState(NOON + timedelta(days=1))), sizes=sizes)
    assert (written.updated, written.vanished, last_operation(store)) == (90, 10, "WRITE")
    assert {(row.sensor, row.pm25) for row in store.read(GROUP).collect()} == {(n, n + 7) for n in range(10, 100)}


def test_a_correction_of_a_larger_table_with_personal_columns_merges(spark: SparkSession, tmp_path: Path) -> None:
    sizes = WriteSizes(small_table=-1)
    store, group = FeatureStore(spark, str(tmp_path)), replace(GROUP, subject="sensor")
    write_rows(store, group, reports(spark, 0, 1_000, 0, 0), sizes=sizes)
    written = write_rows(store, group, reports(spark, 990, 1_010, 7, 1), sizes=sizes)
    assert (written.inserted, written.updated, last_operation(store)) == (10, 10, "MERGE")
    assert store.read(group).agg(F.sum("pm25"), F.count("*")).collect() == [(sum(range(1_010)) + 20 * 7, 1_010)]
