"""Load one source into one group, without the records that a run of the feature pipeline adds: for tests of loads."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from pyspark.sql import DataFrame

from tidegate import FeatureGroup, FeatureStep, FeatureStore, LoadRequest, Source
from tidegate.feature_groups.writing.requeue import RequeueResult
from tidegate.pipelines.load_result import LoadResult
from tidegate.pipelines.loading import load_now


def step_of(
    source: Source,
    group: FeatureGroup,
    folder: str,
    transform: Callable[[DataFrame], DataFrame] | None = None,
    expected: Sequence[str] = (),
) -> FeatureStep:
    """Return the step that takes the rows of a source in a folder as they come."""
    return FeatureStep(group, (replace(source, folder=folder, expected=tuple(expected)),), transform)


def load(
    store: FeatureStore,
    step: FeatureStep,
    arrived_at: datetime | None = None,
    dry_run: bool = False,
    loaded_until: datetime | None = None,
) -> LoadResult:
    """Load the new files of the step's source into its group."""
    source = step.source
    assert source is not None
    request = LoadRequest(arrived_at=arrived_at, dry_run=dry_run, loaded_until=loaded_until)
    (result,) = load_now(store.handle, source, [step], request)
    return result


def with_source(step: FeatureStep, source: Source) -> FeatureStep:
    """Return the step with another declaration of its source, whose files lie where they lay."""
    was = step.source
    assert was is not None
    return replace(step, inputs=(replace(source, folder=was.folder, expected=source.expected or was.expected),))


def requeue(store: FeatureStore, step: FeatureStep, known_from: datetime | None = None, dry_run: bool = False) -> RequeueResult:
    """Release the quarantined rows of the step's source."""
    source = step.source
    assert source is not None
    return store.requeue(source, step, known_from=known_from, dry_run=dry_run)
