"""Load the new files of a source into its feature groups: read, validate, write, and quarantine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pyspark.sql import DataFrame

from tidegate.expectations.batch_checks import batch_complaints, refuse_or_warn
from tidegate.feature_groups.catalog.statistics_table import commit_statistics
from tidegate.feature_groups.loaded_until import Load
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.storage import map_groups
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.record_load import load_of
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_group
from tidegate.pipelines.load_batches import Part, batch_of, is_first, parts_of, require_unchanged
from tidegate.pipelines.load_request import LoadRequest
from tidegate.pipelines.load_result import LoadResult, total_result
from tidegate.pipelines.loaded_days import loaded_days
from tidegate.pipelines.run_records import RunRecords, run_records
from tidegate.pipelines.source_listing import loaded_spans
from tidegate.pipelines.source_load import SourceLoad, source_loads
from tidegate.pipelines.source_rows import accepted_rows, quarantine_of, step_rows
from tidegate.progress import timed_step
from tidegate.quarantine.held_share import refuse_mostly_held
from tidegate.quarantine.received import hold_back_received
from tidegate.sources.positions import FilesToLoad, LoadedFiles
from tidegate.sources.read_files import ReadFiles, read_files
from tidegate.sources.source import Source
from tidegate.subjects.table_map import subject_columns_of
from tidegate.tables.create import table_exists
from tidegate.tables.read import current_version
from tidegate.tables.store import Store


def load_source(load: SourceLoad, records: RunRecords) -> tuple[LoadResult, ...]:
    """Load the files of a source that were not loaded yet into feature groups. Loading an unchanged folder again changes nothing.

    If it is killed at any point, the next run loads what is left: files are recorded as loaded last, and rows that are already
    stored are not added again.

    Args:
        load: What to load. Its groups are in the map of subjects.
        records: Gets what the caller has to record when the load has ended.

    Returns:
        One result for the feature groups that lack the same files. Usually all groups do.

    Raises:
        FolderChangedError: Files changed since the load was planned.
        WrongFilesError, UnreadableFilesError: A file does not match the source's declaration, or can't be read.
        ExpectationFailedError: Rows break an expectation with the action "fail".
        HeldBackError: More rows would be quarantined than the source or a feature group allows.
        SeveralRowsError: A step combines several rows of the source.
    """
    return tuple(_load(_Alike(load, tuple(steps), records), todo) for todo, steps in load.lacking.items())


def load_now(store: Store, source: Source, steps: Sequence[FeatureStep], request: LoadRequest) -> tuple[LoadResult, ...]:
    """Load the new files of one source as `load_source` does, enter its groups into the map of subjects before, and record it.

    Args:
        store: The store.
        source: The source.
        steps: The steps whose only input is the source.
        request: What to load.
    """
    (load,) = source_loads(store, [(source, steps)], request)
    if not request.dry_run:
        map_groups(store, [step.group for step in steps])
    with run_records(store) as records:
        return load_source(load, records)


@dataclass(frozen=True)
class _Alike:
    """The steps of a source that lack the same files."""

    load: SourceLoad
    steps: tuple[FeatureStep, ...]
    records: RunRecords

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(step.group.full_name for step in self.steps)

    @property
    def is_recorded_later(self) -> bool:
        """Whether days and looks say how far the groups are loaded, so that single batches need not."""
        request = self.load.request
        return request.looked_at is not None or self.load.source.by_day or request.days is not None


def _load(alike: _Alike, todo: FilesToLoad) -> LoadResult:
    began, source, records = datetime.now(UTC), alike.load.source, alike.records
    parts = parts_of(source, todo) if todo.files else []
    results = []
    for part in parts:
        records.add_often()
        results.append(_load_part(alike, part))
    if not alike.load.request.dry_run:
        if parts and is_first(source, todo):
            records.files.append(LoadedFiles(source.name, alike.groups, dict.fromkeys(todo.files[:-1], 0), None))
        records.loads.extend(_how_far(alike, todo, began))
    return total_result(source, alike.groups, todo, results)


def _how_far(alike: _Alike, todo: FilesToLoad, began: datetime) -> list[Load]:
    """Return how far the groups are loaded, with or without news. It is called after all rows were written."""
    store, source, request = alike.load.store, alike.load.source, alike.load.request
    if not alike.is_recorded_later:
        return []
    paths = {group: store.layout.feature_group(group) for group in alike.groups}
    versions = {group: current_version(store.spark, path) for group, path in paths.items() if table_exists(store.spark, path)}
    if request.looked_at is not None:
        moment = request.looked_at
        return [Load(group, "look", moment, version, source=source.name) for group, version in versions.items()]
    spans = loaded_spans(source, todo.files, request.days)
    return [load for span in spans for load in loaded_days(versions, span, began)]


def _load_part(alike: _Alike, part: Part) -> LoadResult:
    store, source, request, files = alike.load.store, alike.load.source, alike.load.request, part.files
    has_people = bool(source.subjects) or any(step.group.personal_columns for step in alike.steps)
    with timed_step(f"source {source.name}") as step:
        read = read_files(store.spark, source, alike.load.folder, files, part.whole)
        require_unchanged(store.spark, source, alike.load.folder, files)
        accepted = accepted_rows(read, source)
        warnings = _refuse_unexpected(source, read, accepted, request.arrived_at)
        counts = read.verdicts
        result = LoadResult(
            source.name,
            alike.groups,
            tuple(file.name for file in files),
            rows=sum(counts.values()),
            quarantined=counts["quarantined"],
            dropped=counts["dropped"],
            warnings=warnings,
        )
        step.summary = result.summary
        refuse_mostly_held(source, read, has_people)
    rows = [step_rows(each, accepted) for each in alike.steps]
    if request.dry_run:
        return result
    batch = batch_of(source, files, accepted, request.arrived_at)
    # A batch with an id is not applied a second time.
    batch = replace(batch, id=None) if request.again else batch
    written = tuple(_write(alike, each, frame, batch) for each, frame in zip(alike.steps, rows, strict=True))
    # After the writes to the groups, which may refuse the batch. If the driver is killed in between, the next run reads the files
    # again and finds the same rows.
    quarantine = quarantine_of(store, source)
    if part.reloaded:
        # The present rows of these files replace the quarantined rows of their former content.
        quarantine.remove_files(part.reloaded)
    if result.quarantined:
        left_out = hold_back_received(quarantine, source, read.rows, batch.id, batch.arrived_at, _persons(alike))
        result = replace(result, quarantined=result.quarantined - left_out, suppressed=left_out)
    alike.records.files.append(LoadedFiles(source.name, alike.groups, read.files, batch.id))
    return replace(result, written=written)


def _write(alike: _Alike, step: FeatureStep, rows: DataFrame, batch: Batch) -> WriteResult:
    store, group, records = alike.load.store, step.group, alike.records
    with timed_step(f"feature group {group.full_name}") as timed:
        written = write_group(store, group, rows, batch)
        records.statistics.append(commit_statistics(group, written, batch.id))
        load = None if alike.is_recorded_later else load_of(store, group, rows, batch, written)
        records.loads.extend([] if load is None else [load])
        timed.summary = written.summary
    return written


def _persons(alike: _Alike) -> int:
    """Return how many columns name people in the rows of the source, by the map of tables, which may know more than the code."""
    store, groups = alike.load.store, [step.group for step in alike.steps]
    return max(len(subject_columns_of(store, store.layout.feature_group(each.full_name), each.subjects)) for each in groups)


def _refuse_unexpected(source: Source, read: ReadFiles, accepted: DataFrame, arrived_at: datetime | None) -> tuple[str, ...]:
    found = batch_complaints(accepted, source.batch_expectations, arrived_at)
    broken = {each: read.broken[each.name] for each in source.expectations if each.name in read.broken}
    return refuse_or_warn(f"source {source.name}", found, broken, {"fail": ""})
