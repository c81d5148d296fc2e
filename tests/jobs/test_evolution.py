"""Plan, evolve and backfill as commands, on the views of the flight system and small groups of the test's own."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from jobs.backfill import main as backfill
from jobs.evolve import main as evolve
from jobs.plan import main as plan
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Csv, FeatureGroup, FeatureStep, FeatureStore, Field, OlderVersion, Source
from tidegate.cli import COMMANDS
from tidegate.commands import plan as plan_command
from tidegate.commands.backfill import backfill as backfill_command
from tidegate.commands.evolve import evolve as evolve_command
from tidegate.commands.run import REFUSED
from tidegate_examples.flight_delays import SYSTEM as FLIGHTS

Caught = pytest.CaptureFixture[str]
OF_VIEWS = {group for view in FLIGHTS.views for group in view.stored_groups}
PACKAGE = "mycompany.evolving_system_of_a_test"
WARD = Field("ward", T.StringType(), "ward")
FREE = Field("free", T.IntegerType(), "free beds")
BEDS = FeatureGroup("beds", 1, ("ward",), (WARD, FREE), "beds")
WIDER = replace(BEDS, fields=(WARD, replace(FREE, type=T.LongType()), Field("all_beds", T.LongType(), "all beds")))
RENAMED = replace(BEDS, fields=(WARD, replace(FREE, name="free_beds")))
SECOND = replace(RENAMED, version=2)
AT = Field("at", T.TimestampType(), "when")
COUNTS = Source("counts", (WARD, FREE, AT), Csv(), by_day=True, event_time="at", available_at="at")


def renamed(beds: DataFrame) -> DataFrame:
    return beds.withColumnRenamed("free", "free_beds")


def build(counts: DataFrame) -> DataFrame:
    return renamed(counts).withColumnsRenamed({"at": "event_time"}).withColumn("available_at", F.col("event_time"))


def define(monkeypatch: pytest.MonkeyPatch, *groups: FeatureGroup) -> list[str]:
    """Make a package whose system has these groups; return the option that names it."""
    older = OlderVersion(BEDS, renamed)
    steps = tuple(FeatureStep(group, (COUNTS,), build, older if group.version > 1 else None) for group in groups)
    module = ModuleType(PACKAGE)
    monkeypatch.setattr(module, "SYSTEM", replace(FLIGHTS, steps=steps, land=None), raising=False)
    monkeypatch.setitem(sys.modules, PACKAGE, module)
    return ["--system", PACKAGE]


@pytest.mark.slow
def test_definitions_are_planned_evolved_refused_and_backfilled(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    monkeypatch.setattr(plan_command.OUT, "width", 150)
    root = ["--root", str(tmp_path / "root")]

    def said(code: int, found: int) -> str:
        assert found == code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return captured.out + captured.err

    shown = said(0, plan([*define(monkeypatch, BEDS), *root]))
    assert sum("new table" in line for line in shown.splitlines()) == len(OF_VIEWS) + 1
    assert not (tmp_path / "root").exists()

    store = FeatureStore(spark, str(tmp_path / "root"))
    seen = datetime(2024, 1, 1, 8, tzinfo=UTC)
    store.write(BEDS, spark.createDataFrame([("a", 1, seen, seen)], BEDS.schema))
    system = define(monkeypatch, WIDER)
    shown = said(0, plan([*system, *root, "--group", "beds"]))
    changes = ("added column all_beds bigint", "column free widened from int to bigint")
    for words in ("beds_v1", "evolve", *changes, "all that was known until", "2024-01-01 08:00:00 UTC"):
        assert words in shown
    assert f"./spark-submit.sh jobs/evolve.py --system {PACKAGE}" in shown
    assert "scheduled_flights" not in shown
    assert "dry run: nothing was changed" in said(0, evolve([*system, *root, "--dry-run"]))
    versions = [row.version for row in store.history(BEDS).collect()]
    assert versions == [1, 0]

    other = replace(BEDS, name="rooms")
    store.write(other, spark.createDataFrame([("a", 1, seen, seen)], other.schema))
    refused = said(REFUSED, plan([*define(monkeypatch, RENAMED), *root]))
    assert "column free is not in the definition. Did you mean 'free_beds'?" in refused
    assert f"jobs/backfill.py --system {PACKAGE} --root {tmp_path / 'root'} --group beds_v2" in refused
    # The other group alone could be evolved; together with one that is refused it is not.
    both = define(monkeypatch, RENAMED, replace(WIDER, name="rooms"))
    assert "Nothing was changed" in said(REFUSED, evolve([*both, *root]))
    assert [row.version for row in store.history(other).collect()] == versions

    shown = said(0, evolve([*define(monkeypatch, WIDER), *root]))
    assert "beds_v1: added column all_beds bigint; column free widened from int to bigint" in shown
    assert f"done: 1 of {len(OF_VIEWS) + 1} feature groups evolved" in shown
    assert "done: 0 of 1 feature groups evolved" in said(0, evolve([*system, *root, "--group", "beds_v1"]))
    assert [tuple(row)[:3] for row in store.read(WIDER).collect()] == [("a", 1, None)]
    assert [(row.job, row.result) for row in store.audit.runs().orderBy("at").collect()] == [
        ("evolve", "started"),
        ("evolve", "succeeded"),
    ]
    assert "has no feature group 'bed'" in said(REFUSED, plan([*system, *root, "--group", "bed"]))


@pytest.mark.slow
def test_backfill_fills_a_version_from_sources_and_from_the_older_one(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    root, landing = ["--root", str(tmp_path / "root")], tmp_path / "landing"
    for day in (2, 3):
        folder = landing / "counts" / f"day=2024-01-{day:02}"
        folder.mkdir(parents=True)
        (folder / "part.csv").write_text(f"ward,free,at\na,{day},2024-01-{day:02}T08:00:00Z\n")
    store = FeatureStore(spark, str(tmp_path / "root"))
    seen = datetime(2024, 1, 1, 8, tzinfo=UTC)
    store.write(BEDS, spark.createDataFrame([("a", 1, seen, seen)], BEDS.schema))
    system = define(monkeypatch, BEDS, SECOND)

    assert backfill([*system, *root, "--group", "beds", "--older"]) == REFUSED
    assert "feature group 'beds' has several versions: beds_v1, beds_v2. Give one with --group" in capsys.readouterr().err
    second = [*system, *root, "--group", "beds_v2"]
    days = ["--from", "2024-01-02", "--to", "2024-01-03", "--days-per-batch", "1", "--landing", str(landing)]
    assert backfill([*second, *days]) == 0
    assert "done: 2 parts, 0 of them already applied" in capsys.readouterr().out
    assert backfill([*second, *days]) == 0
    assert "done: 2 parts, 2 of them already applied" in capsys.readouterr().out
    assert backfill([*second, "--landing", str(landing)]) == 0
    assert "done: 1 parts, 1 of them already applied" in capsys.readouterr().out
    assert backfill([*second, "--older"]) == 0
    printed = capsys.readouterr()
    assert "1 rows read, 1 inserted" in printed.out
    assert "beds_v2 2024-01-01..2024-01-01, part 1 of 1" in printed.err
    assert sorted(row.free_beds for row in store.read(SECOND).collect()) == [1, 2, 3]
    commands = {"plan": plan_command.plan, "evolve": evolve_command, "backfill": backfill_command}
    assert {name: COMMANDS[name] for name in commands} == commands
