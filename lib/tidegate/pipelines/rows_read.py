"""Estimate how many rows a run will read, from the sizes of landing files and from the tables' logs, without a Spark job."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from tidegate.datasets.spines import SpineByRule
from tidegate.datasets.view import FeatureView
from tidegate.feature_groups.definition import EVENT_TIME, FeatureGroup
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.moments import LAST, earlier_by
from tidegate.period import Period
from tidegate.pipelines.feature_pipeline import all_steps, loaded_groups
from tidegate.pipelines.load_request import LoadRequest
from tidegate.pipelines.source_listing import files_of_days, new_files
from tidegate.sources.folders import ListedFile
from tidegate.sources.source import Source
from tidegate.tables.create import table_exists
from tidegate.tables.delta_log.rows_logged import rows_between
from tidegate.tables.store import Store

_MANY = 1_000_000_000
_NOTHING = timedelta(0)


def rows_of_features(store: Store, steps: Sequence[FeatureStep], request: LoadRequest, enough: int) -> int:
    """Return about how many rows the feature pipeline reads: from new files, and from the tables that it reads and writes.

    If the run chooses days, the rows of these days count, with those around them that steps look at. Otherwise all rows of the
    tables count, because only the content of the files tells which rows they concern.

    Args:
        store: The store.
        steps: The steps of the system.
        request: What the run loads.
        enough: Counting stops as soon as the estimate exceeds this.
    """
    found, every = 0, all_steps(steps)
    for source, lacking in _files_to_read(store, every, request):
        found += _rows_in(source, lacking)
        if found > enough:
            return found
    for group, before, after in [*((step.group, _NOTHING, _NOTHING) for step in every), *_inputs(every)]:
        found += _stored(store, group, *_around(request.days, before, after))
        if found > enough:
            break
    return found


def _files_to_read(
    store: Store, steps: Sequence[FeatureStep], request: LoadRequest
) -> Iterator[tuple[Source, set[tuple[ListedFile, ...]]]]:
    """Yield each source with the files that groups lack. Usually all groups lack the same ones, which are read once for all."""
    if request.days is None:
        sources = loaded_groups(steps)
        for (source, _), todo in zip(sources, new_files(store, sources, request), strict=True):
            yield source, {each.files for each in todo.values()}
        return
    # Which files were loaded before only a Spark job can tell, which would take longer than what it could save.
    for source, _ in loaded_groups(steps):
        yield source, {files_of_days(store, source, request)}


def _rows_in(source: Source, lacking: Iterable[tuple[ListedFile, ...]]) -> int:
    rows = [source.format.estimated_rows(files, len(source.fields)) for files in lacking if files]
    # A format that can't tell is assumed to have many rows.
    return sum(_MANY if each is None else each for each in rows)


def _inputs(steps: Sequence[FeatureStep]) -> list[tuple[FeatureGroup, timedelta | None, timedelta | None]]:
    return [(read.group, read.before, read.after) for step in steps for read in step.reads]


def _around(days: Period | None, before: timedelta | None, after: timedelta | None) -> tuple[datetime | None, datetime | None]:
    """Return the first moment and the end of the rows that a step reads for these days; None where there is no limit."""
    if days is None:
        return None, None
    return _reach(days.start, before), None if after is None else earlier_by(days.end, -after)


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


def _stored(store: Store, group: FeatureGroup, start: datetime | None, end: datetime | None) -> int:
    path = store.layout.feature_group(group.full_name)
    if not table_exists(store.spark, path):
        return 0
    return rows_between(store.spark, path, EVENT_TIME, start, LAST if end is None else end)


def _spine_days(view: FeatureView, period: Period) -> tuple[datetime | None, datetime]:
    """Return the event times of the spine's group that are read. A spine by rule needs all that was known by the period."""
    return (None if isinstance(view.spine, SpineByRule) else period.start), period.end


def _reach(start: datetime, lookback: timedelta | None) -> datetime | None:
    """Return the earliest moment of a look-back; None if it has no limit, or reaches back beyond the calendar."""
    try:
        return None if lookback is None else start - lookback
    except OverflowError:
        return None
