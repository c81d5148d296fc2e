"""Estimate how many rows a run will read, from the sizes of landing files and from the tables' logs, without a Spark job."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tidegate.datasets.spines import SpineByRule
from tidegate.datasets.view import FeatureView
from tidegate.feature_groups.definition import EVENT_TIME, FeatureGroup
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.period import Period
from tidegate.pipelines.feature_pipeline import all_steps, loaded_by_source
from tidegate.pipelines.load_request import LoadRequest
from tidegate.pipelines.source_listing import new_files
from tidegate.sources.source import Source
from tidegate.tables.create import table_exists
from tidegate.tables.delta_log.rows_logged import rows_between
from tidegate.tables.store import Store

_MANY = 1_000_000_000


def rows_of_features(store: Store, steps: Sequence[FeatureStep], request: LoadRequest, enough: int) -> int:
    """Return about how many rows the feature pipeline reads: from new files, and from the tables into which their rows go.

    Args:
        store: The store.
        steps: The steps of the system.
        request: What the run loads.
        enough: Counting stops as soon as the estimate exceeds this.
    """
    found = 0
    for source, taking in loaded_by_source(all_steps(steps)):
        found += sum(_new_rows(store, source, step, request) for step in taking)
        if found > enough:
            break
    return found


def _new_rows(store: Store, source: Source, step: FeatureStep, request: LoadRequest) -> int:
    todo = new_files(store, source, step.group.full_name, request)
    # A format that can't tell is assumed to have many rows.
    rows = source.format.estimated_rows(todo.files, len(source.fields)) if todo.files else 0
    return _MANY if rows is None else rows


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
