"""Showing the statistics of features by the command, on a table recorded by the test."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from jobs.feature_statistics import main as feature_statistics
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import FeatureGroup, Field
from tidegate.cli import COMMANDS
from tidegate.commands import statistics as command
from tidegate.commands.run import REFUSED
from tidegate.feature_groups.catalog.measures import PROBABILITIES
from tidegate.feature_groups.catalog.statistics import FeatureStatistics, Quantile, TopValue
from tidegate.feature_groups.catalog.statistics_table import CommitStatistics, record_statistics
from tidegate.tables.store import Store

WEATHER = FeatureGroup("weather", 1, ("origin",), (Field("origin", T.StringType(), "airport"),), "x")


def commit(place: int) -> CommitStatistics:
    quantiles = tuple(Quantile(share, 100 * share) for share in PROBABILITIES)
    ends = {"minimum": -3.5, "maximum": 99.25, "minimum_text": "-3.5", "maximum_text": "99.25"}
    origins = FeatureStatistics("origin", "string", 24, 0, distinct=3, top=(TopValue("EWR", 9), TopValue("[red]J\x1b[31m", 8)))
    wind = FeatureStatistics("wind", "double", 24, 6, 0, **ends, mean=10.5 + place, quantiles=quantiles)
    recorded_at = datetime(2024, 1, place, 3, 4, tzinfo=UTC)
    return CommitStatistics(WEATHER, place, f"day-{place}", recorded_at, (origins, wind))


@pytest.mark.slow
def test_statistics_are_shown_written_as_a_page_and_refused(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command.OUT, "width", 250)
    root, page = ["--root", str(tmp_path / "root")], tmp_path / "pages" / "statistics.html"
    assert feature_statistics(root) == REFUSED
    assert "has no statistics of features" in capsys.readouterr().err
    assert not (tmp_path / "root").exists()
    assert feature_statistics([*root, "--page", str(page)]) == 0
    assert "No statistics are recorded yet" in page.read_text(encoding="utf-8")
    record_statistics(Store.open(spark, str(tmp_path / "root")), [commit(1), commit(2)])

    def said(*arguments: str) -> list[str]:
        capsys.readouterr()
        assert feature_statistics([*root, *arguments]) == 0
        return capsys.readouterr().out.splitlines()

    newest = said()
    assert len([line for line in newest if "weather_v1" in line]) == 2
    wind = [cell.strip() for cell in next(line for line in newest if "wind" in line).split("│")[1:-1]]
    assert wind == ["wind", "weather_v1", "double", "24", "25 %", "-3.5", "50", "12.5", "99.25", "", ""]
    assert "EWR (9), [red]J\N{REPLACEMENT CHARACTER}[31m (8)" in next(line for line in newest if "origin" in line)
    assert not any("origin" in line for line in said("--group", "weather", "--feature", "wind"))
    history = [line for line in said("--feature", "wind", "--history") if "weather_v1" in line]
    assert [[words in line for words in ("day-1", "2024-01-01 03:04:00", "11.5")] for line in history] == [
        [True] * 3,
        [False] * 3,
    ]
    (written,) = said("--group", "weather_v1", "--page", str(page))
    assert written == f"{page}: 1 feature group, {page.stat().st_size:,} bytes"
    assert "wind" in page.read_text(encoding="utf-8")

    assert feature_statistics([*root, "--group", "wether"]) == REFUSED
    message = capsys.readouterr().err
    assert "the table of statistics has no feature group 'wether'; available: weather_v1. Did you mean 'weather_v1'?" in message
    assert feature_statistics([*root, "--feature", "wnd"]) == REFUSED
    assert "a feature 'wnd'; available: origin, wind. Did you mean 'wind'?" in capsys.readouterr().err
    assert COMMANDS["statistics"] is command.statistics
