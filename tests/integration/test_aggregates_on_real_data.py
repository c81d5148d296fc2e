"""Aggregates of published data equal a direct computation in pandas: hours around clock changes, and moved fixtures.

The direct computation knows nothing of observations that replace each other. It reads the newest version of each fixture at each
moment. Results: test_results_as_published.py. Flights: test_hourly_departures.py.
"""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.direct_values import assert_equal, in_order

from tidegate import (
    Aggregate,
    Aggregates,
    CalendarDays,
    count,
    count_distinct,
    last,
    mean,
    minimum,
    share,
    sum_of,
)
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.join import point_in_time_join
from tidegate_examples.electricity.denmark import DEMAND, ZONE
from tidegate_examples.premier_league.fixtures import FIXTURES, fixture_observations, read_fixture_versions
from tidegate_examples.premier_league.matches import MATCH_KEY

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
MICROSECOND = pd.Timedelta(microseconds=1)


def computed(spark: SparkSession, labels: pd.DataFrame, *choices: tuple[Aggregates, DataFrame]) -> pd.DataFrame:
    """The aggregates of rows in frames, in the order of the labels."""
    inputs = [
        AggregateRows(
            name=choice.group.name,
            frame=rows,
            entity_key=choice.group.entity_key,
            key=choice.joined_on,
            features=choice.features,
            one_event_per=choice.one_event_per,
            immutable=choice.group.immutable,
            fresh_until=datetime(2030, 1, 1, tzinfo=UTC),
        )
        for choice, rows in choices
    ]
    numbered = spark.createDataFrame(labels.reset_index(names="number"))
    return in_order(point_in_time_join(numbered, "event_time", inputs), [name for each in inputs for name in each.features])


HOURS = replace(DEMAND, immutable=True, delay=timedelta(hours=2))
DANISH = {
    f"{name}_{days}d": aggregate
    for days in (1, 7)
    for name, aggregate in {
        "hours": count(window=CalendarDays(days, ZONE)),
        "sum": sum_of("gross_consumption_mwh", window=CalendarDays(days, ZONE)),
        "mean": mean("gross_consumption_mwh", window=CalendarDays(days, ZONE)),
        "high": share("gross_consumption_mwh > 4500", window=CalendarDays(days, ZONE)),
        "least": minimum("gross_consumption_mwh", window=CalendarDays(days, ZONE)),
        "newest": last("gross_consumption_mwh", window=CalendarDays(days, ZONE)),
    }.items()
}


def test_calendar_days_of_danish_hours_follow_the_clocks(spark: SparkSession, real_data: Path) -> None:
    path = real_data / "electricity" / "denmark" / "load_hourly.csv.gz"
    hours = pd.read_csv(path, parse_dates=["hour_utc"]).dropna(subset="hour_utc")
    rows = hours.assign(event_time=hours["hour_utc"], available_at=hours["hour_utc"] + HOURS.delay)[HOURS.schema.names]

    midnights = pd.Series(pd.date_range("2020-01-03", "2021-12-31", freq="D", tz=ZONE)).dt.tz_convert("UTC")
    # At midnight the last hours of the day are not known yet. Two hours later they are.
    spans = (-MICROSECOND, timedelta(0), timedelta(hours=2), timedelta(hours=12))
    moments = pd.concat([midnights + span for span in spans], ignore_index=True)
    labels = pd.DataFrame({"area": "DK", "event_time": moments})
    found = computed(spark, labels, (Aggregates(HOURS, DANISH), spark.createDataFrame(rows, HOURS.schema)))

    day, today = (local_days(times) for times in (rows["event_time"], labels["event_time"]))
    known, values = rows["available_at"], rows["gross_consumption_mwh"].to_numpy()
    expected: dict[str, list[object]] = {name: [] for name in DANISH}
    for at, local_day in zip(labels["event_time"], today, strict=True):
        for days in (1, 7):
            chosen = values[(day < local_day) & (day >= local_day - days) & (known <= at).to_numpy()]
            total = math.fsum(chosen)
            of_days = (len(chosen), total, total / len(chosen), int((chosen > 4500).sum()) / len(chosen), min(chosen), chosen[-1])
            for name, value in zip(("hours", "sum", "mean", "high", "least", "newest"), of_days, strict=True):
                expected[f"{name}_{days}d"].append(value)
    assert_equal(found, expected)
    # Days of 23 hours. The source has a sum in place of the hour that clocks showed twice.
    assert set(found["hours_1d"][2 * len(midnights) :]) == {23, 24}
    assert 22 in set(found["hours_1d"][len(midnights) : 2 * len(midnights)])


def local_days(times: pd.Series) -> np.ndarray:
    """The local days of moments, as days since 1970."""
    return times.dt.tz_convert(ZONE).dt.tz_localize(None).to_numpy().astype("datetime64[D]").astype(int)


# The same fixtures, but nothing says that a match left its old day.
MOVED = replace(FIXTURES, name="moved_fixtures")


def planned(suffix: str) -> dict[str, Aggregate]:
    return {
        f"planned_28d{suffix}": count(ahead=28 * DAY),
        f"rounds_60d{suffix}": count_distinct("matchday", ahead=60 * DAY),
        f"played_60d{suffix}": count("home_goals", window=60 * DAY),
        f"goals{suffix}": sum_of("home_goals"),
        f"against{suffix}": sum_of("away_goals"),
        f"won{suffix}": share("home_goals > away_goals", where="home_goals IS NOT NULL"),
        f"last_goals{suffix}": last("home_goals", n=3),
    }


def test_moved_fixtures_and_corrected_scores_count_as_announced(spark: SparkSession, real_data: Path) -> None:
    path = real_data / "football" / "fixture_versions.parquet"
    versions = read_fixture_versions(spark, str(path)).where("season <> '2020-21'")
    observations = fixture_observations(versions)
    deleted = fixture_observations(versions.where("change_type = 'delete'"))
    moved = observations.where(~F.col("_tombstone")).unionByName(deleted)

    log = pd.read_parquet(path)
    log = log[log["season"] != "2020-21"].sort_values("observed_at", kind="stable")
    moments = log[["season", "observed_at"]].drop_duplicates()
    labels = log[["season", "home_team"]].drop_duplicates()
    labels = labels.merge(moments.rename(columns={"observed_at": "event_time"}), on="season")
    key = ("season", "home_team")
    of_moved = Aggregates(MOVED, planned("_moved"), key=key, one_event_per=MATCH_KEY)
    found = computed(spark, labels, (Aggregates(FIXTURES, planned(""), key=key), observations), (of_moved, moved))

    announced = {
        (season, moment): newest_versions(log[(log["season"] == season) & (log["observed_at"] <= moment)])
        for season, moment in moments.itertuples(index=False)
    }
    rows = [
        of_team([each for each in announced[season, at] if each.home_team == team], at)
        for season, team, at in labels[[*key, "event_time"]].itertuples(index=False)
    ]
    expected = dict(zip(planned(""), map(list, zip(*rows, strict=True)), strict=True))
    assert_equal(found[list(expected)], expected)
    assert_equal(found[list(planned("_moved"))], {f"{name}_moved": values for name, values in expected.items()})
    # In March 2020 the season was suspended. A score of 3-0 at Bournemouth was corrected to 1-1 in the middle of the season.
    assert found["planned_28d"].nunique() > 4
    of_bournemouth = (labels["season"] == "2019-20") & (labels["home_team"] == "Bournemouth")
    assert found["goals"][of_bournemouth].diff().min() == -2


def newest_versions(log: pd.DataFrame) -> list:
    newest = log.drop_duplicates(list(MATCH_KEY), keep="last")
    return list(newest[newest["change_type"] != "delete"].itertuples(index=False))


def of_team(fixtures: list, at: pd.Timestamp) -> tuple[object, ...]:
    timed = sorted((pd.Timestamp(each.match_date, tz="UTC"), each) for each in fixtures)
    ahead = {days: [each for day, each in timed if at < day <= at + days * DAY] for days in (28, 60)}
    past = [(day, each.ft_home_goals, each.ft_away_goals) for day, each in timed if day <= at and not pd.isna(each.ft_home_goals)]
    goals = [home for _, home, _ in past]
    return (
        len(ahead[28]),
        len({each.matchday for each in ahead[60]}),
        len([day for day, *_ in past if day > at - 60 * DAY]),
        sum(goals) if past else None,
        sum(away for *_, away in past) if past else None,
        sum(home > away for _, home, away in past) / len(past) if past else None,
        goals[:-4:-1] if past else None,
    )
