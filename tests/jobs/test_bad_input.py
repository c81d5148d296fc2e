"""Bad input to the jobs: a clear message, exit code 2, nothing written. What a file can get wrong is in unit/sources."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from jobs.feature_pipeline import main as feature_pipeline
from jobs.inference_pipeline import main as inference_pipeline
from jobs.run_system import main as run_system
from jobs.training_pipeline import main as training_pipeline
from pyspark.sql import SparkSession
from tests.jobs.starting import CHECKOUT
from tests.jobs.two_weeks import NEXT_DAY, SYSTEM

from tidegate import FeatureStore, Period
from tidegate.commands.run import REFUSED
from tidegate_examples.flight_delays import SYSTEM as FLIGHTS
from tidegate_examples.flight_delays.landing import land
from tidegate_examples.flight_delays.sources import WEATHER

Caught = pytest.CaptureFixture[str]


def refused(captured: Caught) -> str:
    said = captured.readouterr()
    assert "Traceback" not in said.err
    return said.err


def test_unknown_system_is_refused_with_the_nearest_name(capsys: Caught) -> None:
    assert run_system(["--system", "flight_delay"]) == REFUSED
    message = refused(capsys)
    assert "unknown system 'flight_delay'" in message
    assert "Did you mean 'flight_delays'?" in message


def test_misspelt_option_and_contradicting_days_are_refused(spark: SparkSession, tmp_path: Path, capsys: Caught) -> None:
    assert run_system([*SYSTEM, "--rot", "x"]) == REFUSED
    assert "--rot" in refused(capsys)
    days = ["--day", NEXT_DAY, "--from", NEXT_DAY]
    assert feature_pipeline([*SYSTEM, "--root", str(tmp_path), *days]) == REFUSED
    assert "--day can't be combined with --from or --to" in refused(capsys)
    assert feature_pipeline([*SYSTEM, "--root", str(tmp_path), "--from", NEXT_DAY]) == REFUSED
    assert "--to is missing" in refused(capsys)


def test_missing_and_misspelt_configuration_is_refused_with_file_and_key(tmp_path: Path, capsys: Caught) -> None:
    (tmp_path / "base.yml").write_text("rot: ./data\n")
    (tmp_path / "flight_delays.yml").write_text("period: {first_day: 2013-01-01, last_day: 2013-01-31}\n")
    assert run_system([*SYSTEM, "--conf-dir", str(tmp_path)]) == REFUSED
    message = refused(capsys)
    assert "base.yml: unknown key rot" in message
    assert "flight_delays.yml: key training is missing; add it" in message


@pytest.mark.parametrize("root", ["/proc/tidegate", "/dev/null/root"])
def test_root_that_cannot_be_written_is_refused(spark: SparkSession, root: str, capsys: Caught) -> None:
    assert run_system([*SYSTEM, "--root", root]) == REFUSED
    assert f"root '{root}' can't be written" in refused(capsys)


def test_several_drivers_on_s3_without_their_log_store_are_refused(spark: SparkSession, tmp_path: Path, capsys: Caught) -> None:
    conf = shutil.copytree(CHECKOUT / "conf", tmp_path / "conf")
    (conf / "local").mkdir(exist_ok=True)
    (conf / "local" / "base.yml").write_text("drivers: several\n")
    assert run_system([*SYSTEM, "--root", "s3a://bucket/store", "--conf-dir", str(conf)]) == REFUSED
    needed = "spark.delta.logStore.s3a.impl=io.delta.storage.S3DynamoDBLogStore"
    message = refused(capsys)
    assert "spark.delta.logStore.s3a.impl is not set, so two drivers that commit at the same time" in message
    assert f"Give --conf {needed}" in message


def test_empty_landing_zone_is_refused_before_anything_is_written(spark: SparkSession, tmp_path: Path, capsys: Caught) -> None:
    (tmp_path / "landing").mkdir()
    arguments = [*SYSTEM, "--root", str(tmp_path / "root"), "--landing", str(tmp_path / "landing"), "--day", NEXT_DAY]
    assert feature_pipeline(arguments) == REFUSED
    assert "source movements" in refused(capsys)
    assert not (tmp_path / "root" / "feature_groups").exists()


@pytest.mark.slow
def test_wrong_files_are_refused_by_name_and_wrong_rows_are_quarantined(
    spark: SparkSession, own_root: Path, capsys: Caught
) -> None:
    next_day, landing = date.fromisoformat(NEXT_DAY), own_root / "landing" / "flight_delays"
    land(spark, str(landing), Period(next_day, next_day, FLIGHTS.zone))
    weather = landing / "weather"
    file = next((weather / f"day={NEXT_DAY}").glob("*.csv"))
    first, *lines = file.read_text().splitlines()
    wrong_header = [first.replace("temperature_f", "temperature_c"), *lines]
    wrong_row = [first, *lines[:3], lines[3].replace(lines[3].split(",")[2], "warm"), *lines[4:]]
    command = [*SYSTEM, "--root", str(own_root), "--source", "weather"]
    logs = sorted(own_root.glob("feature_groups/*/_delta_log/*.json"))

    file.write_text("\n".join([first, *lines]))
    assert feature_pipeline([*command, "--day", NEXT_DAY]) == REFUSED
    assert f"{file.name}: its checksum file (.crc)" in refused(capsys)
    file.with_name(f".{file.name}.crc").unlink()
    file.write_text("\n".join(wrong_header))
    assert feature_pipeline([*command, "--day", NEXT_DAY]) == REFUSED
    message = refused(capsys)
    assert file.name in message
    assert "temperature_f" in message
    assert sorted(own_root.glob("feature_groups/*/_delta_log/*.json")) == logs

    file.write_text("\n".join(wrong_row))
    assert feature_pipeline([*command, "--day", NEXT_DAY]) == 0
    assert f"{len(lines):,} rows = {len(lines) - 1:,} accepted + 1 quarantined + 0 dropped" in capsys.readouterr().out
    [held] = FeatureStore(spark, own_root).quarantined(WEATHER).select("file", "line").collect()
    assert tuple(held) == (f"day={NEXT_DAY}/{file.name}", 5)

    loaded = next((weather / "day=2013-01-13").glob("*.csv"))
    loaded.write_text(loaded.read_text() + "\n")
    assert feature_pipeline(command) == REFUSED
    assert f"1 loaded file(s) changed: day=2013-01-13/{loaded.name}. Restore them" in refused(capsys)


def test_training_and_scoring_before_any_feature_are_refused(spark: SparkSession, tmp_path: Path, capsys: Caught) -> None:
    root = ["--root", str(tmp_path)]
    assert training_pipeline([*SYSTEM, *root]) == REFUSED
    assert "feature group departure_outcomes_v2 has no table" in refused(capsys)
    assert inference_pipeline([*SYSTEM, *root, "--day", NEXT_DAY]) == REFUSED
    message = refused(capsys)
    assert "no version of model flight_delays" in message
    assert "flight_delays" in message


@pytest.mark.slow
def test_scoring_days_without_rows_is_refused(spark: SparkSession, own_root: Path, capsys: Caught) -> None:
    assert inference_pipeline([*SYSTEM, "--root", str(own_root), "--day", "2013-06-01"]) == REFUSED
    assert "scheduled_flights_v1 has no row to predict in 2013-06-01..2013-06-01" in refused(capsys)
