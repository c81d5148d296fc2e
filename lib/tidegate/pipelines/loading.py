"""Load the new files of a source into its feature groups: read, validate, write, quarantine, and record the loaded files."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pyspark.sql import DataFrame

from tidegate.expectations.batch_checks import batch_complaints, refuse_or_warn
from tidegate.expectations.row_checks import require_conditions
from tidegate.feature_groups.loaded_until import Load, record_loaded_until
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.storage import map_groups
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.record_load import write_and_record_load
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_and_record
from tidegate.pipelines.load_batches import Part, batch_of, is_first, parts_of, require_unchanged
from tidegate.pipelines.load_request import LoadRequest
from tidegate.pipelines.load_result import LoadResult, total_result
from tidegate.pipelines.loaded_days import loaded_days
from tidegate.pipelines.source_listing import loaded_spans, new_files
from tidegate.pipelines.source_rows import accepted_rows, quarantine_of, step_rows
from tidegate.progress import timed_step
from tidegate.quarantine.held_share import refuse_mostly_held
from tidegate.quarantine.received import hold_back_received
from tidegate.schema import struct_type
from tidegate.sources.positions import FilesToLoad, LoadedFiles, record_files
from tidegate.sources.read_files import ReadFiles, read_files
from tidegate.sources.source import Source
from tidegate.sources.source_folder import source_folder
from tidegate.subjects.table_map import subject_columns_of
from tidegate.subjects.unmapped_tables import map_sources
from tidegate.tables.create import table_exists
from tidegate.tables.read import current_version
from tidegate.tables.store import Store


@dataclass(frozen=True)
class _SourceLoad:
    """A source, its folder and the steps that take its rows as they come."""

    store: Store
    source: Source
    folder: str
    steps: tuple[FeatureStep, ...]
    request: LoadRequest

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(step.group.full_name for step in self.steps)


def load_source(
    store: Store, source: Source, steps: Sequence[FeatureStep], request: LoadRequest = LoadRequest()
) -> tuple[LoadResult, ...]:
    """Load the files of a source that were not loaded yet into feature groups. Loading an unchanged folder again changes nothing.

    If it is killed at any point, the next run loads what is left: files are recorded as loaded last, and rows that are already
    stored are not added again.

    Args:
        store: The store.
        source: The source.
        steps: The steps whose only input is the source.
        request: What to load.

    Returns:
        One result for the feature groups that lack the same files. Usually all groups do.

    Raises:
        NoFilesError, MissingFilesError, MissingDayError, ChangedFilesError, FolderChangedError: The folder has no files, lacks an
            expected file or a day, or has files that changed.
        WrongFilesError, UnreadableFilesError: A file does not match the source's declaration, or can't be read.
        ExpectationFailedError: Rows break an expectation with the action "fail".
        HeldBackError: More rows would be quarantined than the source or a feature group allows.
        SeveralRowsError: A step combines several rows of the source.
    """
    empty = store.spark.createDataFrame([], struct_type(source.fields))
    require_conditions(empty, source.expectations, f"source {source.name}")
    folder = source_folder(store.spark, source, request.landing)
    lacking: dict[FilesToLoad, list[FeatureStep]] = defaultdict(list)
    todo = new_files(store, source, [step.group.full_name for step in steps], request)
    for step in steps:
        lacking[todo[step.group.full_name]].append(step)
    if not request.dry_run:
        map_sources(store, [folder])
    return tuple(_load(_SourceLoad(store, source, folder, tuple(alike), request), todo) for todo, alike in lacking.items())


def _load(load: _SourceLoad, todo: FilesToLoad) -> LoadResult:
    began, source, request = datetime.now(UTC), load.source, load.request
    parts = parts_of(source, todo) if todo.files else []
    results = [_load_part(load, part) for part in parts]
    if not request.dry_run:
        if parts and is_first(source, todo):
            _record(load, LoadedFiles(source.name, load.groups, dict.fromkeys(todo.files[:-1], 0), None))
        _record_how_far(load, todo, began)
    return total_result(source, load.groups, todo, results)


def _record_how_far(load: _SourceLoad, todo: FilesToLoad, began: datetime) -> None:
    """Record how far the groups are loaded, with or without news. It comes after all rows."""
    store, source, looked_at = load.store, load.source, load.request.looked_at
    paths = {group: store.layout.feature_group(group) for group in load.groups}
    versions = {group: current_version(store.spark, path) for group, path in paths.items() if table_exists(store.spark, path)}
    loads = list[Load]()
    if looked_at is not None:
        loads += [Load(group, "look", looked_at, version, source=source.name) for group, version in versions.items()]
    elif source.by_day or load.request.days is not None:
        for span in loaded_spans(source, todo.files, load.request.days):
            loads += loaded_days(versions, span, began)
    # One append for all groups, because a commit takes half a second whatever it contains.
    record_loaded_until(store, loads)


def _load_part(load: _SourceLoad, part: Part) -> LoadResult:
    store, source, files = load.store, load.source, part.files
    has_people = bool(source.subjects) or any(step.group.personal_columns for step in load.steps)
    with timed_step(f"source {source.name}") as step:
        read = read_files(store.spark, source, load.folder, files, part.whole)
        require_unchanged(store.spark, source, load.folder, files)
        accepted = accepted_rows(read, source)
        warnings = _refuse_unexpected(source, read, accepted, load.request.arrived_at)
        counts = read.verdicts
        result = LoadResult(
            source.name,
            load.groups,
            tuple(file.name for file in files),
            rows=sum(counts.values()),
            quarantined=counts["quarantined"],
            dropped=counts["dropped"],
            warnings=warnings,
        )
        step.summary = result.summary
        refuse_mostly_held(source, read, has_people)
    rows = [step_rows(each, accepted) for each in load.steps]
    if load.request.dry_run:
        return result
    batch = batch_of(source, files, accepted, load.request.arrived_at)
    # A batch with an id is not applied a second time.
    batch = replace(batch, id=None) if load.request.again else batch
    written = tuple(_write(load, each, frame, batch) for each, frame in zip(load.steps, rows, strict=True))
    # After the writes to the groups, which may refuse the batch. If the driver is killed in between, the next run reads the files
    # again and finds the same rows.
    quarantine = quarantine_of(store, source)
    if part.reloaded:
        # The present rows of these files replace the quarantined rows of their former content.
        quarantine.remove_files(part.reloaded)
    if result.quarantined:
        left_out = hold_back_received(quarantine, source, read.rows, batch.id, batch.arrived_at, _persons(load))
        result = replace(result, quarantined=result.quarantined - left_out, suppressed=left_out)
    _record(load, LoadedFiles(source.name, load.groups, read.files, batch.id))
    return replace(result, written=written)


def _write(load: _SourceLoad, step: FeatureStep, rows: DataFrame, batch: Batch) -> WriteResult:
    with timed_step(f"feature group {step.group.full_name}") as timed:
        map_groups(load.store, [step.group])
        # Days and looks record by themselves how far the group is loaded.
        is_recorded_later = load.request.looked_at is not None or load.source.by_day or load.request.days is not None
        write = write_and_record if is_recorded_later else write_and_record_load
        written = write(load.store, step.group, rows, batch)
        timed.summary = written.summary
    return written


def _persons(load: _SourceLoad) -> int:
    """Return how many columns name people in the rows of the source, by the map of tables, which may know more than the code."""
    layout, groups = load.store.layout, [step.group for step in load.steps]
    return max(len(subject_columns_of(load.store, layout.feature_group(each.full_name), each.subjects)) for each in groups)


def _record(load: _SourceLoad, files: LoadedFiles) -> None:
    record_files(load.store, files, datetime.now(UTC))


def _refuse_unexpected(source: Source, read: ReadFiles, accepted: DataFrame, arrived_at: datetime | None) -> tuple[str, ...]:
    found = batch_complaints(accepted, source.batch_expectations, arrived_at)
    broken = {each: read.broken[each.name] for each in source.expectations if each.name in read.broken}
    return refuse_or_warn(f"source {source.name}", found, broken, {"fail": ""})
