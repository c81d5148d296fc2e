"""Which buckets are rewritten, that only they are, and that a write sees to it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStore, Field
from tidegate.feature_groups.compaction import SPARE_FILES, BucketFiles, compact_group
from tidegate.feature_groups.definition import BUCKET
from tidegate.feature_groups.evolution import BUCKETS_PROPERTY
from tidegate.feature_groups.storage import create_group_table
from tidegate.tables.buckets import ROWS_PER_FILE, bucket_of
from tidegate.tables.read import current_version, file_count, read_table, table_property
from tidegate.tables.write import append_rows

FIELDS = (Field("person", T.StringType(), "who"), Field("score", T.IntegerType(), "points"))
GROUP = FeatureGroup("scores", 1, ("person",), FIELDS, "scores", subject="person", expected_rows=2_000_000)
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
KEPT = ("delta.enableDeletionVectors", "delta.dataSkippingStatsColumns", BUCKETS_PROPERTY)


def test_a_bucket_is_due_beyond_its_spare_files() -> None:
    full = 10 * ROWS_PER_FILE
    assert not BucketFiles(0, SPARE_FILES + 1, 10, 2, overlap=SPARE_FILES + 1).is_due
    assert BucketFiles(0, SPARE_FILES + 2, 10, 0, overlap=1).is_due
    assert not BucketFiles(0, SPARE_FILES + 10, full, 0, overlap=2).is_due
    assert BucketFiles(0, 10, full, 0, overlap=SPARE_FILES + 2).is_due
    assert BucketFiles(0, 1, 10, 3, overlap=1).is_due


@pytest.mark.slow
def test_only_due_buckets_are_rewritten_and_a_write_sees_to_it(spark: SparkSession, tmp_path: Path) -> None:
    store = FeatureStore(spark, str(tmp_path))
    path = create_group_table(spark, store.layout, GROUP)
    people = spark.range(400).select(
        F.format_string("p%03d", F.col("id")).alias("person"), F.col("id").cast("int").alias("score")
    )
    times = people.withColumns({"event_time": F.lit(NOON), "available_at": F.lit(NOON), "_tombstone": F.lit(False)})
    rows = times.withColumn(BUCKET, bucket_of(GROUP.entity_key, 2)).select(*GROUP.stored_schema.names)
    scattered, whole = rows.where(f"{BUCKET} = 0"), rows.where(f"{BUCKET} = 1")
    append_rows(scattered.repartition(20), path)
    append_rows(whole.coalesce(1), path)
    properties = {key: table_property(spark, path, key) for key in KEPT}
    assert None not in properties.values()
    untouched, told = files_of(spark, path, 1), store.content_hash(GROUP)

    planned = compact_group(spark, path, GROUP, dry_run=True)
    assert (planned.buckets, planned.files_before, planned.files_after) == ((0,), 21, 21)
    assert current_version(spark, path) == 2
    written = store.write(
        GROUP,
        times.where("score = 7")
        .withColumn("score", F.lit(8))
        .drop("_tombstone")
        .withColumn("available_at", F.lit(None).cast("timestamp"))
        .withColumn("event_time", F.lit(NOON.replace(hour=13))),
    )
    assert (written.inserted, written.table_version) == (1, 4)
    assert file_count(spark, path) in (2, 3)
    assert untouched <= files_of(spark, path, 1)
    assert {key: table_property(spark, path, key) for key in KEPT} == properties
    [file] = files_of(spark, path, 0)
    in_file = [row.person for row in spark.read.parquet(file).collect()]
    assert in_file == sorted(in_file)
    assert store.content_hash(GROUP) != told
    again = compact_group(spark, path, GROUP)
    assert (again.buckets, current_version(spark, path)) == ((), 4)


def files_of(spark: SparkSession, path: str, bucket: int) -> set[str]:
    return {file for file in read_table(spark, path).inputFiles() if f"/{BUCKET}={bucket}/" in file}
