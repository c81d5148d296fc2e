"""The maintenance of a whole store, and its commands."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStore, Field
from tidegate.pipelines.maintenance import MOST_SMALL_FILES, run_maintenance
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.read import current_version, file_count, read_table
from tidegate.tables.runs import SCHEMA as RUNS
from tidegate.tables.write import append_rows

pytestmark = pytest.mark.slow
Caught = pytest.CaptureFixture[str]
GROUP = FeatureGroup(
    "readings",
    1,
    ("sensor",),
    (Field("sensor", T.StringType(), "sensor"), Field("value", T.IntegerType(), "value")),
    "readings of sensors",
    history="all",
    retention=timedelta(days=10),
    collapse_after=timedelta(days=2),
)
NOW = datetime(2024, 1, 20, 12, tzinfo=UTC)
WEEK = 7 * 24 * 3600


def test_maintenance_of_a_store(spark: SparkSession, tmp_path: Path) -> None:
    store = FeatureStore(spark, str(tmp_path))
    days = [(0, 1, 0), (9, 1, 9), (12, 2, 12), (12, 2, 13), (12, 3, 19), (12, 3, 19.5)]
    rows = [("s", value, NOW - timedelta(days=20 - event), NOW - timedelta(days=20 - known)) for event, value, known in days]
    store.write(GROUP, spark.createDataFrame(rows, GROUP.schema))
    create_table(spark, store.layout.runs, TableShape(RUNS))
    others = [f"CAST(NULL AS {field.dataType.simpleString()}) AS {field.name}" for field in RUNS.fields[1:]]
    rows_of_runs = spark.range(400).selectExpr("CAST(id AS string) AS run_id", *others)
    append_rows(rows_of_runs.repartition(MOST_SMALL_FILES + 4), store.layout.runs)
    folder = tmp_path / "feature_groups" / GROUP.full_name
    left, at_work = folder / "_bucket=0" / "part-left-by-a-killed-driver.parquet", folder / "_bucket=0" / "part-of-now.parquet"
    for file in (left, at_work):
        file.write_text("rows that nobody committed")
    os.utime(left, (time.time() - WEEK - 60,) * 2)
    version = current_version(spark, str(folder))

    planned = run_maintenance(store.handle, [GROUP], NOW, dry_run=True)
    assert [item.rows for item in planned.purged] == [2]
    assert [(item.rows, item.until) for item in planned.collapsed] == [(1, NOW - timedelta(days=2))]
    assert (planned.joined, planned.unneeded) == (("runs",), {"feature_groups/readings_v1": 1})
    assert (current_version(spark, str(folder)), left.exists()) == (version, True)
    done = run_maintenance(store.handle, [GROUP], NOW)
    assert [item.rows for item in done.purged] == [2]
    assert [item.rows for item in done.collapsed] == [1]
    assert (done.joined, done.unneeded) == (planned.joined, planned.unneeded)
    assert (left.exists(), at_work.exists()) == (False, True)
    # The run's own two rows follow.
    assert file_count(spark, store.layout.runs) < MOST_SMALL_FILES
    stored = {(row.value, row.available_at.day) for row in read_table(spark, str(folder)).collect()}
    assert stored == {(2, 12), (3, 19), (3, 20)}
    ended = store.audit.runs().where("job = 'maintain' AND result = 'succeeded'").first()
    assert ended is not None
    assert ended.details == {"purged": "2", "collapsed": "1", "compacted": "0", "unneeded_files": "1"}
    again = run_maintenance(store.handle, [GROUP], NOW)
    assert (again.purged[0].rows, again.collapsed[0].rows, again.unneeded) == (0, 0, {})
