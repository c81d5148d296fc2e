"""The feature pipeline: check the sources, compute each feature group, and merge its rows into its table."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from pyspark.sql import DataFrame, SparkSession

from tidegate.declared_names import require_distinct, require_name
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, did_you_mean
from tidegate.feature_groups.catalog.features_table import record_features
from tidegate.feature_groups.catalog.statistics_table import commit_statistics, record_statistics
from tidegate.feature_groups.loaded_until import record_loaded_until
from tidegate.feature_groups.step import FeatureStep, step_rows
from tidegate.feature_groups.storage import map_groups, require_same_definitions
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_group
from tidegate.period import Period
from tidegate.pipelines.loaded_days import loaded_days
from tidegate.pipelines.together import run_together
from tidegate.progress import Step, timed_step
from tidegate.sources.csv_days.check import checked_rows
from tidegate.sources.csv_days.csv_source import CsvSource
from tidegate.subjects.suppression import current_suppression
from tidegate.subjects.unmapped_tables import map_sources
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store


@dataclass(frozen=True)
class FeaturePipeline:
    """The definition of a system's feature pipeline.

    Attributes:
        system: Name of the system. The table of runs (`FeatureStore.audit.runs`) shows it.
        sources: The sources, as files in the landing zone, that the steps read.
        steps: The steps, one for each feature group.

    Raises:
        DefinitionError: An attribute has another type than declared, two sources have the same name, two steps compute the same
            group, or a step reads a source that is not in `sources`.
    """

    system: str
    sources: tuple[CsvSource, ...]
    steps: tuple[FeatureStep, ...]

    def __post_init__(self) -> None:
        require_declared_types(self)
        where, names = f"the feature pipeline of system {self.system!r}", [source.name for source in self.sources]
        require_name(self.system, "the feature pipeline of system")
        require_distinct(names, f"{where}: sources", "give each source a name of its own")
        require_distinct((step.group.full_name for step in self.steps), f"{where}: steps", "one step computes a feature group")
        for step in self.steps:
            unknown = next((name for name in step.sources if name not in names), None)
            if unknown is not None:
                raise DefinitionError(
                    f"{where}: the step of feature group {step.group.full_name} reads source {unknown!r}, which is not among "
                    f"its sources; available: {', '.join(names) or 'none'}.{did_you_mean(unknown, names)}"
                )


@dataclass(frozen=True)
class FeaturePipelineResult:
    """The result of one run.

    Attributes:
        period: The days that were loaded.
        written: The write result of each feature group.
        seconds: Duration of each step. Steps run concurrently, so that the sum can exceed `elapsed`.
        elapsed: Duration of the whole run, in seconds.
    """

    period: Period
    written: tuple[WriteResult, ...]
    seconds: Mapping[str, float]
    elapsed: float


def run_feature_pipeline(
    store: Store, pipeline: FeaturePipeline, period: Period, landing: str, at_once: int = 1
) -> FeaturePipelineResult:
    """Load the days of a period into every feature group. Loading the same days again changes nothing.

    If one of the files is wrong, the whole batch is refused before anything is written.

    Args:
        store: The store.
        pipeline: The sources and steps.
        period: The days to load.
        landing: Folder of the landing zone.
        at_once: Number of feature groups to compute concurrently.

    Raises:
        EmptySourceError, MissingDayError, UnreadableFilesError, WrongFilesError: A source can't be loaded.
        ExpectationFailedError, DuplicateRowsError, SchemaMismatchError: A step returned rows that break the write contract.
        DefinitionDiffersError, NewVersionNeededError: A table differs from the definition of its group.
        MissingSecretError, WrongSecretError: People were erased, and they can't be recognised without the right key.
    """
    batch, began, started = f"{period.first_day}..{period.last_day}", time.monotonic(), datetime.now(UTC)
    with recorded_run(store.spark, store.layout.runs, "feature_pipeline", pipeline.system, batch) as run:
        groups = [step.group for step in pipeline.steps]
        require_same_definitions(store, groups)
        # Each write reads the suppression list again. Reading it here stops a run without the right key before it reads sources.
        current_suppression(store)
        with ExitStack() as in_use:
            with timed_step("check sources") as checked:
                sources = in_use.enter_context(checked_sources(store.spark, pipeline, period, landing, at_once))
                checked.summary = f"{len(pipeline.sources)} sources for {batch}"
            map_groups(store, groups)
            map_sources(store, [landing])
            with timed_step("catalog of features") as cataloged:
                recorded = record_features(store, pipeline.steps, datetime.now(UTC))
                cataloged.summary = f"{recorded} features new or changed"
            write = partial(_write, store, sources, period)
            written = run_together([partial(write, step) for step in pipeline.steps], at_once)
        # One append for all groups, because a commit takes half a second whatever it contains.
        commits = [commit_statistics(group, result, None) for group, (result, _) in zip(groups, written, strict=True)]
        record_statistics(store, commits)
        record_loaded_until(store, loaded_days([result for result, _ in written], period, batch, started))
        run.details.update({step.name: step.summary for step in (cataloged, *(step for _, step in written))})
    seconds = {step.name: step.seconds for step in (checked, cataloged)}
    seconds |= {result.group: step.seconds for result, step in written}
    return FeaturePipelineResult(period, tuple(result for result, _ in written), seconds, time.monotonic() - began)


def _write(
    store: Store,
    sources: Mapping[str, DataFrame],
    period: Period,
    step: FeatureStep,
) -> tuple[WriteResult, Step]:
    with timed_step(f"feature group {step.group.full_name}") as timed:
        rows = step_rows(step, {name: sources[name] for name in step.sources}, period)
        result = write_group(store, step.group, rows)
        timed.summary = f"version {result.table_version}: {result.summary}"
    return result, timed


@contextmanager
def checked_sources(
    spark: SparkSession, pipeline: FeaturePipeline, period: Period, landing: str, at_once: int = 1
) -> Iterator[dict[str, DataFrame]]:
    """Read each source once for all steps, with the longest warm-up that any step needs, and keep the rows until the block ends.

    Raises:
        EmptySourceError, MissingDayError, UnreadableFilesError, WrongFilesError: A source can't be loaded.
    """
    with ExitStack() as in_use:

        def read(source: CsvSource) -> DataFrame:
            return in_use.enter_context(checked_rows(spark, source, landing, period, warm_up_of(pipeline.steps, source)))

        frames = run_together([partial(read, source) for source in pipeline.sources], at_once)
        yield {source.name: frame for source, frame in zip(pipeline.sources, frames, strict=True)}


def warm_up_of(steps: Sequence[FeatureStep], source: CsvSource) -> int:
    """Return how many days before a period the steps read from a source."""
    return max((step.warm_up_days for step in steps if source.name in step.sources), default=0)
