"""Searching the features of a store by the command, on the catalog of the flight system alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from jobs.features import main as features
from pyspark.sql import Row, SparkSession

from tidegate.cli import COMMANDS
from tidegate.commands import features as command
from tidegate.commands.features import nothing_found
from tidegate.commands.run import REFUSED
from tidegate.feature_groups.catalog.features_table import record_features
from tidegate.tables.store import Store
from tidegate_examples.flight_delays import SYSTEM

Caught = pytest.CaptureFixture[str]


def test_features_are_found_shown_and_suggested(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Caught
) -> None:
    monkeypatch.setattr(command.OUT, "width", 250)
    root = ["--root", str(tmp_path)]
    record_features(Store.open(spark, str(tmp_path)), SYSTEM.steps, datetime(2024, 1, 2, 3, 4, tzinfo=UTC))

    def said(*arguments: str) -> str:
        assert features([*root, *arguments]) == 0
        return capsys.readouterr().out

    shown = said("--search", "TEMPERATURE weather")
    assert "Features: 1 found" in shown
    line = next(line for line in shown.splitlines() if "temperature_f" in line)
    for words in ("origin_weather_v1", "double", "air temperature", "degrees Fahrenheit", "weather: temperature_f", "v1"):
        assert words in line
    groups = next(line for line in shown.splitlines() if "copied from the source" in line)
    assert "maintainers of the flight_delays example" in groups

    of_group = said("--group", "planes")
    assert "Features: 8 found" in of_group
    assert "tailnum (entity key, subject)" in of_group
    history = said("--search", "turnaround_minutes", "--group", "aircraft_turnarounds_v1", "--history")
    assert "History: 1 rows" in history
    assert "2024-01-02 03:04:00" in history

    assert said("--search", "temprature") == (
        "no feature matches 'temprature'; 48 features are known. Did you mean 'temperature'?\n"
    )
    assert features([*root, "--group", "plane"]) == REFUSED
    message = capsys.readouterr().err
    assert "no feature group 'plane'; available: aircraft_turnarounds_v1, departure_outcomes_v2" in message
    assert "Did you mean 'planes_v1'?" in message


def test_history_cuts_no_path_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Caught) -> None:
    monkeypatch.setattr(command.OUT, "width", 100)
    path = "mycompany.churn.steps_of_the_feature_pipeline.spending.build"
    row = Row(
        feature="spent",
        group="spending",
        group_version=1,
        role="removed",
        description="[EUR] spent",
        transformation=path,
        transformation_hash=None,
        code_version="c1",
        recorded_at=datetime(2024, 1, 2),  # noqa: DTZ001
    )
    command.print_history([row])
    printed = capsys.readouterr().out
    lines = [line.strip() for line in printed.splitlines()]
    assert f"computed by: {path}" in lines
    assert "source hash: unknown" in lines
    assert "meaning: (removed) [EUR] spent" in lines


def test_nothing_found_says_when_the_words_are_known_one_by_one() -> None:
    known = [Row(feature=name, description="x", group="g", unit=None, origin="o", owner="") for name in ("seats", "wind_speed")]
    assert nothing_found("SEATS speed", known) == (
        "no feature matches 'SEATS speed'; 2 features are known. Leave out one of the words."
    )
    assert nothing_found("seats spede", known).endswith("Did you mean 'speed'?")


def test_features_of_a_root_without_a_catalog_are_refused_and_nothing_is_made(
    spark: SparkSession, tmp_path: Path, capsys: Caught
) -> None:
    root = tmp_path / "nothing"
    assert features(["--root", str(root), "--search", "delay"]) == REFUSED
    message = capsys.readouterr().err
    assert f"root '{root}' has no catalog of features" in message
    assert "jobs/feature_pipeline.py" in message
    assert not root.exists()
    assert COMMANDS["features"] is command.features
