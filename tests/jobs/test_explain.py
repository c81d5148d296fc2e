"""The explain command on two weeks of real flights: its tables, and what it refuses."""

import pytest
from jobs.explain import main as explain
from jobs.plan import main as plan
from pyspark.sql import SparkSession
from tests.jobs.two_weeks import SystemRun

FLIGHT = ("--entity", "flight_date=2013-01-05", "--entity", "carrier=UA", "--entity", "flight=927", "--entity", "origin=EWR")


def run(two_weeks: SystemRun, *arguments: str) -> int:
    return explain(["--system", "flight_delays", "--root", str(two_weeks.root), *arguments])


def test_explain_shows_the_chosen_row_of_each_group(
    spark: SparkSession, two_weeks: SystemRun, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(two_weeks, *FLIGHT) == 0
    out = capsys.readouterr().out
    for group in ("scheduled_flights_v1", "origin_weather_v1", "aircraft_turnarounds_v1", "planes_v1"):
        assert f"{group} at table version" in out
    assert "1 chosen" in out
    assert "not yet known" in out


def test_explain_refuses_what_names_no_entity(
    spark: SparkSession, two_weeks: SystemRun, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(two_weeks, "--entity", "flight") == 2
    assert run(two_weeks, "--entity", "flight=1", "--entity", "flight=2") == 2
    assert run(two_weeks, *FLIGHT, "--at", "2013-01-05T08:15") == 2
    assert run(two_weeks, *FLIGHT, "--at", "noon") == 2
    assert run(two_weeks, "--entity", "tail=N1") == 2
    assert run(two_weeks, "--entity", "flight=99999", "--entity", "carrier=UA") == 2
    assert run(two_weeks, "--entity", "carrier=UA") == 2
    told = capsys.readouterr().err
    for part in (
        "give NAME=VALUE",
        "flight is given twice",
        "has no time zone",
        "is not a time; give a time",
        "tail",
        "no row has these",
        "Give also values of",
    ):
        assert part in told


def test_plan_says_how_groups_are_joined(spark: SparkSession, two_weeks: SystemRun, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(["--system", "flight_delays", "--root", str(two_weeks.root)]) == 0
    out = capsys.readouterr().out
    assert "Point-in-time join of departure_delay_v3" in out
    assert "bucketed" in out
