"""Estimate how many rows a run will read, from the sizes of landing files and from the tables' logs, without a Spark job."""

from datetime import datetime, timedelta

from tidegate.datasets.spines import SpineByRule
from tidegate.datasets.view import FeatureView
from tidegate.feature_groups.definition import EVENT_TIME, FeatureGroup
from tidegate.period import Period
from tidegate.pipelines.feature_pipeline import FeaturePipeline, warm_up_of
from tidegate.sources.csv_days.landing_rows import landing_rows
from tidegate.tables.create import table_exists
from tidegate.tables.delta_log.rows_logged import rows_between
from tidegate.tables.store import Store


def rows_of_features(store: Store, pipeline: FeaturePipeline, period: Period, landing: str, enough: int) -> int:
    """Return about how many rows the feature pipeline reads for a period, from landing files and from the stored tables.

    Args:
        store: The store.
        pipeline: The sources and steps.
        period: The days to load.
        landing: Folder of the landing zone.
        enough: Counting stops as soon as the estimate exceeds this.
    """
    found = 0
    for source in pipeline.sources:
        days = period.with_warm_up(warm_up_of(pipeline.steps, source))
        found += landing_rows(store.spark, source, landing, days, enough - found)
        if found > enough:
            return found
    return found + sum(_stored(store, step.group, period.start, period.end) for step in pipeline.steps)


def rows_of_predictions(store: Store, view: FeatureView, period: Period) -> int:
    """Return about how many rows the inference pipeline reads for a period: the spine, and each group within its look-back.

    Args:
        store: The store.
        view: The feature view.
        period: The days of the prediction times.
    """
    rows = _stored(store, view.spine_group, *_spine_days(view, period))
    for choice in view.choices:
        rows += _stored(store, choice.group, _reach(period.start, choice.reach), period.end)
    return rows


def _stored(store: Store, group: FeatureGroup, start: datetime | None, end: datetime) -> int:
    path = store.layout.feature_group(group.full_name)
    return rows_between(store.spark, path, EVENT_TIME, start, end) if table_exists(store.spark, path) else 0


def _spine_days(view: FeatureView, period: Period) -> tuple[datetime | None, datetime]:
    """Return the event times of the spine's group that are read. A spine by rule needs all that was known by the period."""
    return (None if isinstance(view.spine, SpineByRule) else period.start), period.end


def _reach(start: datetime, lookback: timedelta | None) -> datetime | None:
    """Return the earliest moment of a look-back; None if it has no limit, or reaches back beyond the calendar."""
    try:
        return None if lookback is None else start - lookback
    except OverflowError:
        return None
