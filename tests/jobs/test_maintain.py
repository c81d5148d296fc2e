"""The commands that maintain a store and delete rows, on one small table of the flight system."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jobs.delete import main as delete
from jobs.maintain import main as maintain
from pyspark.sql import SparkSession
from tests.jobs.two_weeks import SYSTEM as NAMED

from tidegate import FeatureGroup, FeatureStore
from tidegate.cli import COMMANDS
from tidegate.commands.run import REFUSED
from tidegate.errors import DefinitionError
from tidegate.maintenance.groups import rebucket_group
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.read import read_table, table_property
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store
from tidegate.tables.write import append_rows
from tidegate_examples.flight_delays import SYSTEM

pytestmark = pytest.mark.slow
Caught = pytest.CaptureFixture[str]
NOW = datetime(2024, 1, 20, 12, tzinfo=UTC)


def test_commands_migrate_rebucket_and_delete(spark: SparkSession, tmp_path: Path, capsys: Caught) -> None:
    group = next(step.group for step in SYSTEM.steps if step.group.name == "planes")
    handle = Store.open(spark, str(tmp_path / "root"))
    path = handle.layout.feature_group(group.full_name)
    create_table(spark, path, TableShape(group.schema, group.personal_columns))
    nothing = dict.fromkeys(group.schema.names)
    planes = [{**nothing, group.entity_key[0]: f"N{n}", "event_time": NOW, "available_at": NOW} for n in range(6)]
    append_rows(spark.createDataFrame(planes, group.schema).coalesce(1), path)
    request = [*NAMED, "--root", handle.layout.root]

    def said(command: object, *arguments: str) -> str:
        assert callable(command)
        assert command([*request, *arguments]) == 0
        return capsys.readouterr().out

    assert maintain([*request, "--dry-run"]) == REFUSED
    assert "has format 1" in capsys.readouterr().err
    assert "feature_groups/planes_v1: add buckets and tombstones" in said(maintain, "--migrate", "--dry-run")
    assert "feature_groups/planes_v1: enter into the map of subjects, with people in tailnum" in said(maintain, "--migrate")
    assert "nothing to do" in said(maintain)
    assert "would be rewritten in 4 buckets" in said(maintain, "--rebucket", "planes", "--buckets", "4", "--dry-run")
    assert table_property(spark, path, "tidegate.buckets") == "1"
    assert "planes_v1: 4 buckets, 1 before" in said(maintain, "--rebucket", "planes", "--buckets", "4")
    assert table_property(spark, path, "tidegate.buckets") == "4"
    store = FeatureStore(spark, handle.layout.root)
    assert store.write(group, store.read(group)).unchanged == 6
    _drop_a_group_without_definition(store, group, said)
    assert "no forgotten person was found" in said(maintain, "--check-erasures")
    assert rebucket_group(spark, path, group, 4) == 4
    with pytest.raises(DefinitionError, match="it can't have 3 buckets. Give a power of two"):
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
        "planes_v1 can't be dropped, because a step or a feature view": (maintain, ["--drop", "planes_v1"]),
        "--check-erasures and --drop can't be done in one run": (maintain, ["--check-erasures", "--drop", "a_v1"]),
        "--rebucket GROUP and --buckets": (maintain, ["--buckets", "2"]),
        "system flight_delays has no feature group 'plane'": (maintain, ["--rebucket", "plane", "--buckets", "2"]),
        "no rows are chosen": (delete, ["--group", "planes", "--purge"]),
        "it has the columns seats": (delete, ["--group", "planes", "--keys", str(keys), "--purge"]),
    }
    for message, (command, arguments) in refused.items():
        assert command([*request, *arguments]) == REFUSED
        assert message in capsys.readouterr().err
    assert {"maintain", "delete"} <= set(COMMANDS)


def _drop_a_group_without_definition(store: FeatureStore, defined: FeatureGroup, said: Callable[..., str]) -> None:
    """Drop a group that the system wrote in an earlier version, as a run has recorded, and that no definition names."""
    old, name = replace(defined, name="old_planes"), "old_planes_v1"
    store.write(old, store.read(defined))
    with recorded_run(store.handle.spark, store.layout.runs, "feature_pipeline", SYSTEM.name, "2024-01-20") as run:
        run.details[f"feature group {name}"] = "6 rows"
    assert f"{name}: the system no longer defines this feature group; remove it with --drop {name}" in said(maintain)
    assert f"{name}: would be dropped (feature_groups/{name}; " in said(maintain, "--drop", name, "--dry-run")
    assert store.catalog.loaded_until([old])[name] == NOW
    assert f"{name}: dropped (feature_groups/{name}; " in said(maintain, "--drop", name)
    assert name not in said(maintain)
