"""What holds for every step, tried on two weeks of the real feed around the start of daylight saving time."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import reduce

import pandas as pd
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate import FeatureStep, Period
from tidegate.schema import require_schema
from tidegate_examples.flight_delays.sources import ZONE
from tidegate_examples.flight_delays.steps import FEATURE_STEPS

WEEKS = Period(date(2013, 3, 4), date(2013, 3, 17), ZONE)
# The clocks were changed on the 10th.
DAYS = Period(date(2013, 3, 9), date(2013, 3, 12), ZONE)
KNOWN = {"schedules": "published_at", "movements": "known_at", "weather": "published_at", "planes": "published_at"}

pytestmark = pytest.mark.slow

each_step = pytest.mark.parametrize("step", FEATURE_STEPS, ids=[step.group.name for step in FEATURE_STEPS])


def delivered(sources: Mapping[str, DataFrame], step: FeatureStep, period: Period) -> dict[str, DataFrame]:
    """The files that a step reads for a period: those of its days and of its warm-up, nothing else."""
    read = period.with_warm_up(step.warm_up_days)
    day = {
        "schedules": F.col("flight_date"),
        "movements": F.to_date(F.from_utc_timestamp("known_at", ZONE)),
        "weather": F.to_date(F.from_utc_timestamp("observed_hour", ZONE)),
        "planes": F.lit(period.first_day),
    }
    return {name: sources[name].filter(day[name].between(read.first_day, read.last_day)) for name in step.sources}


@pytest.mark.parametrize("period", [DAYS, pytest.param(WEEKS, marks=pytest.mark.evidence)], ids=["days", "weeks"])
@each_step
def test_build_day_by_day_equals_all_at_once(real_sources: Mapping[str, DataFrame], step: FeatureStep, period: Period) -> None:
    at_once = step.build(delivered(real_sources, step, period), period)
    days = [Period(day, day, ZONE) for day in period.days()]
    day_by_day = [step.build(delivered(real_sources, step, day), day) for day in days]

    actual = reduce(DataFrame.unionByName, day_by_day)

    require_schema(at_once, step.group.schema, step.group.name)
    if step.group.name == "planes":
        actual = actual.distinct()
    assert_df_equality(actual, at_once, ignore_row_order=True, ignore_nullable=True)


@each_step
def test_build_uses_nothing_that_was_not_known(real_sources: Mapping[str, DataFrame], step: FeatureStep) -> None:
    now = F.lit("2013-03-12 17:07:00").cast("timestamp")
    cut = {name: real_sources[name].filter(F.col(KNOWN[name]) <= now) for name in step.sources}

    actual = step.build(cut, WEEKS).filter(F.col("available_at") <= now)

    full = step.build(real_sources, WEEKS).filter(F.col("available_at") <= now)
    assert_df_equality(actual, full, ignore_row_order=True, ignore_nullable=True)


def test_missing_aircraft_features_do_not_reveal_the_outcome(real_sources: Mapping[str, DataFrame]) -> None:
    steps = {step.group.name: step for step in FEATURE_STEPS}
    built = {name: steps[name].build(real_sources, WEEKS) for name in ("departure_outcomes", "scheduled_flights")}
    labels, spine = built["departure_outcomes"].toPandas(), built["scheduled_flights"].toPandas()
    before = Period(WEEKS.first_day - timedelta(days=7), WEEKS.last_day, ZONE)
    movements = steps["movements"].build(real_sources, before).where("kind <> 'cancelled' AND tailnum IS NOT NULL")
    aircraft = movements.select("tailnum", "available_at").toPandas()

    known = pd.merge_asof(
        labels.sort_values("event_time"),
        aircraft.sort_values("available_at").rename(columns={"available_at": "seen_at"}),
        left_on="event_time",
        right_on="seen_at",
        by="tailnum",
        tolerance=pd.Timedelta(days=7),
    )
    without = known[known["seen_at"].isna()]

    assert labels["tailnum"].notna().all()
    assert spine["tailnum"].notna().all()
    assert len(without) > 100
    assert without["delayed"].mean() < 0.4
    assert without["cancelled"].mean() < 0.2
