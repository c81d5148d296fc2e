"""What a run has to load from each source: find out which files are new, before any of them is read."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidegate.expectations.row_checks import require_conditions
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.pipelines.load_request import LoadRequest
from tidegate.pipelines.source_listing import new_files
from tidegate.schema import struct_type
from tidegate.sources.positions import FilesToLoad
from tidegate.sources.source import Source
from tidegate.sources.source_folder import source_folder
from tidegate.subjects.unmapped_tables import map_sources
from tidegate.tables.store import Store


@dataclass(frozen=True)
class SourceLoad:
    """What a run has to load from a source into the groups of its steps.

    Attributes:
        store: The store.
        source: The source.
        request: What the run loads.
        lacking: The steps that lack files, by the files. Usually all steps lack the same ones.
    """

    store: Store
    source: Source
    request: LoadRequest
    lacking: Mapping[FilesToLoad, Sequence[FeatureStep]]

    @property
    def groups(self) -> tuple[str, ...]:
        """The full names of the groups."""
        return tuple(step.group.full_name for steps in self.lacking.values() for step in steps)

    @property
    def folder(self) -> str:
        """The folder of the source."""
        return source_folder(self.store.spark, self.source, self.request.landing)


def source_loads(
    store: Store, steps: Sequence[tuple[Source, Sequence[FeatureStep]]], request: LoadRequest
) -> tuple[SourceLoad, ...]:
    """Find out which files of sources were not loaded yet. Nothing is read of the files.

    Args:
        store: The store.
        steps: Each source, with the steps whose only input it is.
        request: What to load.

    Raises:
        ExpectationConditionError: An expectation of a source can't be checked on its fields.
        NoFilesError, MissingFilesError, MissingDayError, ChangedFilesError: A folder has no files, lacks an expected file or a
            day, or has files that changed.
    """
    for source, _ in steps:
        empty = store.spark.createDataFrame([], struct_type(source.fields))
        require_conditions(empty, source.expectations, f"source {source.name}")
    found = new_files(store, [(source, [step.group.full_name for step in taking]) for source, taking in steps], request)
    loads = []
    for (source, taking), todo in zip(steps, found, strict=True):
        lacking: dict[FilesToLoad, list[FeatureStep]] = defaultdict(list)
        for step in taking:
            lacking[todo[step.group.full_name]].append(step)
        loads.append(SourceLoad(store, source, request, lacking))
    if not request.dry_run:
        map_sources(store, [load.folder for load in loads])
    return tuple(loads)
