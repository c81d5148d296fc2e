"""Which files are written anew, that only they are, and that a write sees to it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.writing import write_rows

from tidegate import FeatureGroup, FeatureStore, Field
from tidegate.feature_groups.definition import BUCKET
from tidegate.feature_groups.evolution.difference import BUCKETS_PROPERTY
from tidegate.feature_groups.storage import create_group_table
from tidegate.feature_groups.writing.compaction import (
    MOST_OVERLAPPING,
    ROWS_A_COMMIT,
    SMALL_FILE,
    SPARE_FILES,
    compact_group,
    files_to_unmark,
    worn_files,
)
from tidegate.tables.buckets import bucket_of
from tidegate.tables.delta_log.files import DataFile
from tidegate.tables.read import current_version, file_count, read_table, table_property
from tidegate.tables.write import append_rows

FIELDS = (Field("person", T.StringType(), "who"), Field("score", T.IntegerType(), "points"))
GROUP = FeatureGroup("scores", 1, ("person",), FIELDS, "scores", subject="person", expected_rows=2_000_000)
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
KEPT = ("delta.enableDeletionVectors", "delta.dataSkippingStatsColumns", BUCKETS_PROPERTY)


def held(*rows: int, hidden: int = 0, wide: bool = True) -> list[DataFile]:
    times = [("1", "9") if wide else (str(place), str(place)) for place in range(len(rows))]
    return [DataFile(f"f{place}", "0", count, hidden, *times[place]) for place, count in enumerate(rows)]


def test_more_small_files_of_one_size_than_spare_ones_are_joined_with_all_smaller_ones() -> None:
    of_one_size = [100, 999, 500, 300]
    assert len(of_one_size) == SPARE_FILES
    assert worn_files(held(*of_one_size)) == []
    assert worn_files(held(*of_one_size, 1000, 99)) == []
    files = held(*of_one_size, 1000, 99, 700, SMALL_FILE)
    assert worn_files(files) == [file for file in files if file.rows < 1000]


def test_files_are_written_anew_when_a_tenth_of_their_bucket_is_marked() -> None:
    few = held(10, hidden=2)
    assert worn_files(few + held(1000)) == []
    assert worn_files(few + held(9, hidden=0)) == few
    assert worn_files(few + held(10)) == []


def test_all_files_are_written_anew_when_many_large_ones_overlap() -> None:
    large = [SMALL_FILE] * MOST_OVERLAPPING
    assert worn_files(held(*large, 5)) == []
    files = held(*large, SMALL_FILE, 5)
    assert worn_files(files) == files
    assert worn_files(held(*large, SMALL_FILE, 5, wide=False)) == []


def test_marks_go_when_the_commits_since_the_last_compaction_are_worth_it() -> None:
    marked = held(3 * ROWS_A_COMMIT - 5, 5, hidden=1)
    files = [*marked, *held(2 * ROWS_A_COMMIT)]
    assert files_to_unmark(files, 2) == []
    assert files_to_unmark(files, 3) == marked
    arranged = replace(files[2], arranged_at=7)
    assert files_to_unmark([*marked, arranged], 9) == []
    assert files_to_unmark([*marked, arranged], 10) == marked


@pytest.mark.slow
def test_only_due_buckets_are_rewritten_and_a_write_sees_to_it(spark: SparkSession, tmp_path: Path) -> None:
    store = FeatureStore(spark, str(tmp_path))
    path = create_group_table(store.handle, GROUP)
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
    untouched, told = files_of(spark, path, 1), store.audit.content_hash(GROUP)

    planned = compact_group(spark, path, GROUP, dry_run=True)
    assert (planned.buckets, planned.files_before, planned.files_after) == ((0,), 21, 21)
    assert current_version(spark, path) == 2
    written = write_rows(
        store,
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
    assert store.audit.content_hash(GROUP) != told
    again = compact_group(spark, path, GROUP)
    assert (again.buckets, current_version(spark, path)) == ((), 4)


def files_of(spark: SparkSession, path: str, bucket: int) -> set[str]:
    return {file for file in read_table(spark, path).inputFiles() if f"/{BUCKET}={bucket}/" in file}
