"""The feature pipeline: load what is new in the sources, and then compute the groups that depend on it."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from tidegate.errors import DefinitionError
from tidegate.feature_groups.catalog.features_table import record_features
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.steps.order import in_order
from tidegate.feature_groups.steps.stored_source import stored_source
from tidegate.feature_groups.storage import map_groups, require_same_definitions
from tidegate.pipelines.computed_until import computed_until
from tidegate.pipelines.load_request import LoadRequest
from tidegate.pipelines.load_result import LoadResult
from tidegate.pipelines.loading import load_source
from tidegate.pipelines.run_records import RunRecords, run_records
from tidegate.pipelines.run_step import StepResult, run_step
from tidegate.pipelines.source_load import SourceLoad, source_loads
from tidegate.pipelines.tasks import Task, run_tasks
from tidegate.progress import timed_step
from tidegate.sources.source import Source
from tidegate.subjects.suppression import current_suppression
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store


@dataclass(frozen=True)
class FeaturePipelineResult:
    """The result of one run.

    Attributes:
        loaded: What was loaded, for each source; several results if groups of a source lacked different files.
        computed: What was computed, for each step over stored rows.
        elapsed: Duration of the whole run, in seconds.
    """

    loaded: tuple[LoadResult, ...]
    computed: tuple[StepResult, ...]
    elapsed: float

    @property
    def has_news(self) -> bool:
        """Whether a source had new files, or a group had to be computed."""
        return any(each.files for each in self.loaded) or any(each.written is not None for each in self.computed)

    @property
    def summaries(self) -> Mapping[str, str]:
        """One line for each source and each feature group. `maintain` learns from them which groups a system has written."""
        found = {f"source {load.source}": load.summary for load in self.loaded}
        found |= {f"feature group {each.group}": each.summary for load in self.loaded for each in load.written}
        return {**found, **{f"feature group {each.group}": each.summary for each in self.computed}}


def run_feature_pipeline(
    store: Store, system: str, steps: Sequence[FeatureStep], request: LoadRequest = LoadRequest(), at_once: int = 1
) -> FeaturePipelineResult:
    """Bring feature groups up to date: load the new files of their sources, and compute what depends on changed rows.

    A run without news changes nothing. A run that was killed is finished by the next one.

    Args:
        store: The store.
        system: Name of the system, for the table of runs.
        steps: The steps, in any order.
        request: What to load. With `dry_run` the sources are read and checked, and nothing is written or computed.
        at_once: Number of sources, or of groups that don't need each other, to work on concurrently.

    Raises:
        DefinitionError: Steps need each other, or two sources have the same name.
        NoFilesError, MissingFilesError, MissingDayError, ChangedFilesError, FolderChangedError: Files are missing or changed.
        WrongFilesError, UnreadableFilesError: A file does not match its declaration, or can't be read.
        ExpectationFailedError, HeldBackError, DuplicateRowsError, SchemaMismatchError: Rows break a declaration.
        DefinitionDiffersError, NewVersionNeededError: A table differs from the definition of its group.
        MissingSecretError, WrongSecretError: People were erased, and they can't be recognised without the right key.
    """
    began, ordered = time.monotonic(), in_order(all_steps(steps))
    if request.dry_run:
        loading = source_loads(store, loaded_by_source(ordered), request)
        loaded, _ = _run(loading, [], RunRecords(store), at_once)
        return FeaturePipelineResult(loaded, (), time.monotonic() - began)
    batch = "news" if request.days is None else f"{request.days.first_day}..{request.days.last_day}"
    with recorded_run(store.spark, store.layout.runs, "feature_pipeline", system, batch) as run:
        groups = [step.group for step in ordered]
        require_same_definitions(store, groups)
        # Each write reads the suppression list again. Reading it here stops a run without the right key before it reads sources.
        current_suppression(store)
        map_groups(store, groups)
        with timed_step("catalog of features") as cataloged:
            recorded = record_features(store, ordered, datetime.now(UTC))
            cataloged.summary = f"{recorded} features new or changed"
        loading = source_loads(store, loaded_by_source(ordered), request)
        computing = [step for step in ordered if step.source is None]
        with run_records(store) as records:
            loaded, computed = _run(loading, computing, records, at_once)
            if computed:
                records.add_loads()
                records.loads.extend(computed_until(store, list(zip(computing, computed, strict=True))))
        result = FeaturePipelineResult(loaded, computed, time.monotonic() - began)
        run.details.update({cataloged.name: cataloged.summary, **result.summaries})
    return result


def _run(
    loading: Sequence[SourceLoad], computing: Sequence[FeatureStep], records: RunRecords, at_once: int
) -> tuple[tuple[LoadResult, ...], tuple[StepResult, ...]]:
    """Load sources, and compute each group as soon as its inputs are there. Return the results in the order of both lists."""
    tasks: list[Task[tuple[LoadResult, ...] | StepResult]] = []
    by_group: dict[str, str] = {}
    for load in loading:
        tasks.append(Task(f"source {load.source.name}", partial(load_source, load, records)))
        by_group |= dict.fromkeys(load.groups, tasks[-1].name)
    for step in computing:
        needs = {by_group[name] for read in step.reads if (name := read.group.full_name) in by_group}
        tasks.append(Task(step.title, partial(run_step, records.store, step, records), frozenset(needs)))
        by_group[step.group.full_name] = step.title
    results = run_tasks(tasks, at_once)
    loaded = tuple(each for result in results if isinstance(result, tuple) for each in result)
    return loaded, tuple(result for result in results if isinstance(result, StepResult))


def all_steps(steps: Iterable[FeatureStep]) -> list[FeatureStep]:
    """Return steps, together with those that store the sources which other steps read."""
    given = list(steps)
    stored = sources_of(step for step in given if step.source is None)
    return [*given, *(FeatureStep(stored_source(source), (source,)) for source in stored.values())]


def sources_of(steps: Iterable[FeatureStep]) -> dict[str, Source]:
    """Return the sources that steps need, by name.

    Raises:
        DefinitionError: Two different sources have the same name.
    """
    found: dict[str, Source] = {}
    for source in (source for step in steps for source in step.sources):
        if found.setdefault(source.name, source) != source:
            raise DefinitionError(
                f"source {source.name!r} is declared in two different ways. Declare it once, and let all steps name that one; or "
                "give one of the two another name, because the store remembers by the name which files were loaded."
            )
    return found


def loaded_by_source(steps: Iterable[FeatureStep]) -> list[tuple[Source, list[FeatureStep]]]:
    """Return the steps that take the rows of a source as they come, by source.

    Raises:
        DefinitionError: Two different sources have the same name.
    """
    taking = [step for step in steps if step.source is not None]
    by_name = sources_of(taking)
    return [(source, [step for step in taking if step.source == source]) for source in by_name.values()]


def loaded_groups(steps: Iterable[FeatureStep]) -> list[tuple[Source, list[str]]]:
    """Return the full names of the groups that take the rows of a source as they come, by source.

    Raises:
        DefinitionError: Two different sources have the same name.
    """
    return [(source, [step.group.full_name for step in taking]) for source, taking in loaded_by_source(steps)]
