"""A day later: features and predictions of one more day, by each job's main; the same day twice changes nothing."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from jobs.feature_pipeline import main as feature_pipeline
from jobs.run_system import main as run_system
from pyspark.sql import SparkSession
from tests.jobs.starting import CHECKOUT
from tests.jobs.two_weeks import LAST_DAY, NEXT_DAY, SYSTEM

from tidegate import FeatureStore
from tidegate.commands.run import REFUSED
from tidegate.tables.read import current_version
from tidegate_examples.flight_delays import SYSTEM as FLIGHTS

pytestmark = pytest.mark.slow
MODE = "spark.sql.codegen.factoryMode"


def versions(spark: SparkSession, store: FeatureStore) -> dict[str, int]:
    return {table.path: current_version(spark, store.layout.absolute(table.path)) for table in store.tables()}


@pytest.mark.parametrize("again_compiled", [False, pytest.param(True, marks=pytest.mark.evidence)])
def test_a_day_is_loaded_and_scored_once(
    spark: SparkSession, own_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], again_compiled: bool
) -> None:
    store = FeatureStore(spark, str(own_root))
    day = [*SYSTEM, "--day", NEXT_DAY, "--root", str(own_root)]
    before = store.predictions("flight_delays").count()
    assert run_system(day) == 0
    printed, logged = capsys.readouterr()
    after = store.predictions("flight_delays")
    scored = after.where(f"flight_date = '{NEXT_DAY}'").count()
    assert scored > 500
    assert f"{after.count() - before:,} predictions of flight_delays for {NEXT_DAY}" in printed
    outcomes = store.read(FLIGHTS.models[0].view.labels).where(f"flight_date = '{NEXT_DAY}'").count()
    assert outcomes > 500
    # Not more of the landing files and of the tables than the day's and what lies in its warm-up and look-backs.
    for what, least, most in (
        ("feature pipeline", 3_000, 60_000),
        ("inference pipeline", 3_000, 100_000),
        ("page", 5_000, 40_000),
    ):
        [said] = re.findall(rf"{what}: about ([\d,]+) rows to read; Spark interprets them", logged)
        assert least < int(said.replace(",", "")) < most, what
    # The same day again; where by compiled code, not a bit of what interpreted rows gave is another.
    conf = Path(shutil.copytree(CHECKOUT / "conf", tmp_path / "conf", ignore=shutil.ignore_patterns("local")))
    if again_compiled:
        (conf / "local").mkdir()
        (conf / "local" / "base.yml").write_text("short_runs: {most_rows: 0}")
        spark.conf.unset(MODE)
        spark.conf.unset("spark.sql.codegen.wholeStage")
    first = versions(spark, store)
    assert run_system([*day, "--conf-dir", str(conf)]) == 0
    out, logged = capsys.readouterr()
    assert logged.count("Spark compiles code for them" if again_compiled else "Spark interprets them") == 3
    assert versions(spark, store) == first
    assert "0 new, 0 changed" in out


def test_feature_pipeline_dry_run_writes_nothing(
    spark: SparkSession, prepared_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = FeatureStore(spark, str(prepared_root))
    before = versions(spark, store)
    # The landing files of a later day are written by a run, and a dry run writes nothing.
    assert feature_pipeline([*SYSTEM, "--day", NEXT_DAY, "--root", str(prepared_root), "--dry-run"]) == REFUSED
    assert f"no folder for {NEXT_DAY}" in capsys.readouterr().err
    assert feature_pipeline([*SYSTEM, "--day", LAST_DAY, "--root", str(prepared_root), "--dry-run"]) == 0
    assert "source schedules -> schedules_v1: no new file" in capsys.readouterr().out
    assert versions(spark, store) == before
    assert not (prepared_root / "landing/flight_delays/schedules" / f"day={date.fromisoformat(NEXT_DAY)}").exists()
