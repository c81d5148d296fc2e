"""The maintenance of a whole store, and its commands."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jobs.delete import main as delete
from jobs.maintain import main as maintain
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStore, Field
from tidegate.cli import COMMANDS
from tidegate.commands.run import REFUSED
from tidegate.errors import DefinitionError
from tidegate.maintenance.groups import rebucket_group
from tidegate.pipelines.maintenance import MOST_SMALL_FILES, run_maintenance
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.layout import Layout
from tidegate.tables.read import current_version, file_count, read_table, table_property
from tidegate.tables.runs import SCHEMA as RUNS
from tidegate.tables.write import append_rows
from tidegate_examples.flight_delays import SYSTEM

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
    append_rows(
        spark.createDataFrame([(str(n),) for n in range(20)], "run_id string")
        .selectExpr("run_id", *[f"CAST(NULL AS {f.dataType.simpleString()}) AS {f.name}" for f in RUNS.fields[1:]])
        .repartition(MOST_SMALL_FILES + 4),
        store.layout.runs,
    )
    folder = tmp_path / "feature_groups" / GROUP.full_name
    left, at_work = folder / "_bucket=0" / "part-left-by-a-killed-driver.parquet", folder / "_bucket=0" / "part-of-now.parquet"
    for file in (left, at_work):
        file.write_text("rows that nobody committed")
    os.utime(left, (time.time() - WEEK - 60,) * 2)
    version = current_version(spark, str(folder))

    planned = run_maintenance(spark, store.layout, [GROUP], NOW, dry_run=True)
    assert [item.rows for item in planned.purged] == [2]
    assert [(item.rows, item.until) for item in planned.collapsed] == [(1, NOW - timedelta(days=2))]
    assert (planned.joined, planned.unneeded) == (("runs",), {"feature_groups/readings_v1": 1})
    assert (current_version(spark, str(folder)), left.exists()) == (version, True)
    done = run_maintenance(spark, store.layout, [GROUP], NOW)
    assert [item.rows for item in done.purged] == [2]
    assert [item.rows for item in done.collapsed] == [1]
    assert (done.joined, done.unneeded) == (planned.joined, planned.unneeded)
    assert (left.exists(), at_work.exists()) == (False, True)
    # The run's own two rows follow.
    assert file_count(spark, store.layout.runs) < MOST_SMALL_FILES
    stored = {(row.value, row.available_at.day) for row in read_table(spark, str(folder)).collect()}
    assert stored == {(2, 12), (3, 19)}
    ended = store.runs().where("job = 'maintain' AND outcome = 'succeeded'").first()
    assert ended is not None
    assert ended.details == {"purged": "2", "collapsed": "1", "compacted": "0", "unneeded_files": "1"}
    again = run_maintenance(spark, store.layout, [GROUP], NOW)
    assert (again.purged[0].rows, again.collapsed[0].rows, again.unneeded) == (0, 0, {})


def test_commands_migrate_rebucket_and_delete(spark: SparkSession, tmp_path: Path, capsys: Caught) -> None:
    group = next(step.group for step in SYSTEM.features.steps if step.group.name == "planes")
    layout = Layout(str(tmp_path / "root"))
    path = layout.feature_group(group.full_name)
    create_table(spark, path, TableShape(group.schema, group.personal_columns))
    empty = spark.createDataFrame([], group.schema).schema
    nothing = {field.name: None for field in empty.fields}
    planes = [{**nothing, group.entity_key[0]: f"N{n}", "event_time": NOW, "available_at": NOW} for n in range(6)]
    append_rows(spark.createDataFrame(planes, group.schema).coalesce(1), path)
    request = ["--system", "flight_delays", "--root", layout.root]

    def said(command: object, *arguments: str) -> str:
        assert callable(command)
        assert command([*request, *arguments]) == 0
        return capsys.readouterr().out

    assert maintain([*request, "--dry-run"]) == REFUSED
    assert "is in format 1" in capsys.readouterr().err
    assert "feature_groups/planes_v1: would be migrated" in said(maintain, "--migrate", "--dry-run")
    assert "1 tables migrated" in said(maintain, "--migrate")
    assert "nothing to do" in said(maintain)
    assert "would be written anew in 4 buckets" in said(maintain, "--rebucket", "planes", "--buckets", "4", "--dry-run")
    assert table_property(spark, path, "tidegate.buckets") == "1"
    assert "planes_v1: 4 buckets, 1 before" in said(maintain, "--rebucket", "planes", "--buckets", "4")
    assert table_property(spark, path, "tidegate.buckets") == "4"
    store = FeatureStore(spark, layout.root)
    assert store.write(group, store.read(group)).unchanged == 6
    assert rebucket_group(spark, path, group, 4) == 4
    with pytest.raises(DefinitionError, match="3 buckets; the number is a power of two"):
        rebucket_group(spark, path, group, 3)

    keys = tmp_path / "keys.csv"
    keys.write_text("tailnum\nN1\nN2\nN9\n")
    moment = ["--group", "planes_v1", "--keys", str(keys), "--known-at", "2024-01-21T00:00:00+00:00"]
    shown = said(delete, *moment, "--dry-run")
    assert "planes_v1: 2 rows marked as no longer holding" in shown
    assert "dry run: nothing was changed" in shown
    assert store.read(group).count() == 6
    said(delete, *moment)
    assert store.read(group).count() == 4
    assert "2 rows purged" in said(delete, "--group", "planes", "--keys", str(keys), "--purge")
    assert "4 rows purged" in said(delete, "--group", "planes", "--day", "2024-01-20", "--purge")
    assert read_table(spark, path).isEmpty()

    keys.write_text("seats\n1\n")
    refused = {
        "--rebucket GROUP and --buckets": (maintain, ["--buckets", "2"]),
        "flight_delays has no feature group 'plane'": (maintain, ["--rebucket", "plane", "--buckets", "2"]),
        "no rows chosen": (delete, ["--group", "planes", "--purge"]),
        "it has the columns seats": (delete, ["--group", "planes", "--keys", str(keys), "--purge"]),
    }
    for message, (command, arguments) in refused.items():
        assert command([*request, *arguments]) == REFUSED
        assert message in capsys.readouterr().err
    assert {"maintain", "delete"} <= set(COMMANDS)
