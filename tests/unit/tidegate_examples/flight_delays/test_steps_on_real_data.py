"""What holds for every step, tried on two weeks of the real feed around the start of daylight saving time."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from tests.flight_windows import within

from tidegate import FeatureStep, Period
from tidegate.feature_groups.steps.affected import Affected
from tidegate.pipelines.feature_pipeline import all_steps
from tidegate.pipelines.source_rows import released_rows
from tidegate_examples.flight_delays.sources import ZONE
from tidegate_examples.flight_delays.steps import FEATURE_STEPS

WEEKS = Period(date(2013, 3, 4), date(2013, 3, 17), ZONE)
# The clocks were changed on the 10th at 07:00 UTC.
SPAN = datetime(2013, 3, 9, 17, 30, tzinfo=UTC), datetime(2013, 3, 11, 17, 30, tzinfo=UTC)
LATER_SPAN = datetime(2013, 3, 13, 15, 10, tzinfo=UTC), datetime(2013, 3, 13, 15, 50, tzinfo=UTC)
KNOWN = {"schedules": "published_at", "movements": "known_at", "weather": "published_at", "planes": "published_at"}
STEPS = {step.group.name: step for step in all_steps(FEATURE_STEPS)}
COPIED = [step for step in STEPS.values() if step.source is not None]
COMPUTED = [step for step in STEPS.values() if step.source is None]

pytestmark = pytest.mark.slow


def named(*steps: FeatureStep) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("step", steps, ids=[step.group.name for step in steps])


def rows_of(sources: Mapping[str, DataFrame], step: FeatureStep) -> DataFrame:
    """Return all rows that a step computes, through the groups that it reads."""
    if step.source is not None:
        return step.rows([sources[step.source.name]])
    return step.rows([rows_of(sources, STEPS[read.group.name]) for read in step.reads])


def test_steps_of_a_source_compute_each_row_from_one_row(real_sources: Mapping[str, DataFrame]) -> None:
    assert len(COPIED) == 5
    for step in COPIED:
        assert step.source is not None
        some = real_sources[step.source.name].limit(9).localCheckpoint()
        assert released_rows(step, some).columns == step.group.schema.names


@named(*COMPUTED)
def test_a_row_depends_on_nothing_beyond_the_declared_look_back_and_look_ahead(
    real_sources: Mapping[str, DataFrame], step: FeatureStep
) -> None:
    affected = Affected((SPAN, LATER_SPAN), ())
    everything = [rows_of(real_sources, STEPS[read.group.name]) for read in step.reads]
    needed = [rows.where(affected.input_rows(read)) for rows, read in zip(everything, step.reads, strict=True)]

    actual = step.rows(needed).where(affected.holds())

    expected = step.rows(everything).where(affected.holds()).localCheckpoint()
    assert expected.count() > 50
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


@named(*COPIED, *COMPUTED)
def test_a_step_uses_nothing_that_was_not_known(real_sources: Mapping[str, DataFrame], step: FeatureStep) -> None:
    now = F.lit("2013-03-12 17:07:00").cast("timestamp")
    cut = {name: rows.where(F.col(KNOWN[name]) <= now) for name, rows in real_sources.items()}

    actual = rows_of(cut, step).where(F.col("available_at") <= now)

    full = rows_of(real_sources, step).where(F.col("available_at") <= now)
    assert_df_equality(actual, full, ignore_row_order=True, ignore_nullable=True)


def test_missing_aircraft_features_do_not_reveal_the_outcome(real_sources: Mapping[str, DataFrame]) -> None:
    in_weeks = within("available_at", WEEKS)
    labels = rows_of(real_sources, STEPS["departure_outcomes"]).where(in_weeks).toPandas()
    is_scheduled = F.col("flight_date").between(WEEKS.first_day, WEEKS.last_day)
    spine = rows_of(real_sources, STEPS["scheduled_flights"]).where(is_scheduled).toPandas()
    before = Period(WEEKS.first_day - timedelta(days=7), WEEKS.last_day, ZONE)
    movements = rows_of(real_sources, STEPS["movements"]).where(within("available_at", before))
    aircraft = movements.where("kind <> 'cancelled' AND tailnum IS NOT NULL").select("tailnum", "available_at").toPandas()

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
