"""Load the new files of a source into a feature group: read, validate, write, quarantine, and record the loaded files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.expectations.batch_checks import batch_complaints, refuse_or_warn
from tidegate.expectations.row_checks import require_conditions
from tidegate.feature_groups.computed_rows import computed_rows
from tidegate.feature_groups.definition import TOMBSTONE, FeatureGroup
from tidegate.feature_groups.loaded_until import Load, record_loaded_until
from tidegate.feature_groups.storage import map_groups
from tidegate.feature_groups.writing.full_states import require_mutable
from tidegate.feature_groups.writing.record_load import write_and_record_load
from tidegate.feature_groups.writing.write import write_and_record
from tidegate.moments import require_moment
from tidegate.pipelines.load_batches import Part, batch_of, is_first, listed_parts, parts_of, require_files, require_unchanged
from tidegate.pipelines.load_result import LoadResult, total_result
from tidegate.progress import timed_step
from tidegate.quarantine.held_share import refuse_mostly_held
from tidegate.quarantine.received import hold_back_received
from tidegate.quarantine.table import ORIGIN, Quarantine, origin
from tidegate.schema import require_columns, struct_type
from tidegate.sources.judged_rows import DELETED
from tidegate.sources.positions import files_to_load, record_files
from tidegate.sources.read_files import LINE, NAME, VERDICT, ReadFiles, read_files
from tidegate.sources.source import Source
from tidegate.subjects.table_map import subject_columns_of
from tidegate.subjects.unmapped_tables import map_sources
from tidegate.tables.create import table_exists
from tidegate.tables.read import current_version
from tidegate.tables.store import Store


@dataclass(frozen=True)
class Loading:
    """The definition of a load: a source, its folder, and the feature group that its rows are written to.

    Attributes:
        source: The declaration of the files.
        group: The feature group.
        folder: The folder with the files, or any URI that Spark can read. Files in its subfolders are loaded too. The command
            `load` takes a relative path as a path in the landing zone.
        transform: A function that turns rows of the source into rows of the group; None if the source has the group's columns. It
            gets the accepted rows, with the source's fields and `_origin` (source, file and line of a row, which the quarantine
            shows), which it may keep. For a Delta table it also gets `_tombstone` (true for deleted rows), which it must keep.
        expected: Names of files that must be in the folder, such as one for each year.

    Raises:
        DefinitionError: An attribute has another type than declared; the group's rows are of people and the source does not
            declare which of its fields name them; or the group is immutable and the source delivers full states.
    """

    source: Source
    group: FeatureGroup
    folder: str
    transform: Callable[[DataFrame], DataFrame] | None = None
    expected: Sequence[str] = ()

    def __post_init__(self) -> None:
        require_declared_types(self)
        if self.source.holds_states:
            require_mutable(self.group, self.source.name)
        persons, known = self.group.subjects, self.source.subjects
        if len(known) < len(persons):
            raise DefinitionError(
                f"source {self.source.name!r} declares {', '.join(known) or 'no field'} as its subject, but feature group "
                f"{self.group.full_name}, which is loaded from it, declares {', '.join(persons)}. People in quarantined rows of "
                "the source could not be forgotten. Declare the fields of the source that name them: subject=(...)."
            )


def load_source(
    store: Store,
    loading: Loading,
    arrived_at: datetime | None = None,
    dry_run: bool = False,
    loaded_until: datetime | None = None,
) -> LoadResult:
    """Load the files of a source that were not loaded yet. Loading an unchanged folder again changes nothing.

    If it is killed at any point, the next run loads what is left: files are recorded as loaded last, and rows that are already
    stored are not added again.

    Args:
        store: The store.
        loading: The definition of the load.
        arrived_at: When the files arrived. Rows without a time of their own became known then. None for a load of history.
        dry_run: Whether to read and validate the files only, and write nothing.
        loaded_until: All that was known up to this moment is in the folder. It is recorded for the group, also if there is no new
            file. None: `arrived_at`; for a load of history the newest available_at of its rows.

    Raises:
        NaiveMomentError: `arrived_at` or `loaded_until` has no time zone.
        NoFilesError, MissingFilesError, ChangedFilesError, FolderChangedError: The folder has no files, lacks an expected file,
            or has files that changed.
        WrongFilesError, UnreadableFilesError: A file does not match the source's declaration, or can't be read.
        ExpectationFailedError: Rows break an expectation with the action "fail".
        HeldBackError: More rows would be quarantined than the source or the feature group allows.
    """
    require_moment(arrived_at, "arrived_at of a load")
    require_moment(loaded_until, "loaded_until of a load")
    source, looked_at = loading.source, loaded_until or arrived_at
    where = f"source {source.name}"
    require_conditions(store.spark.createDataFrame([], struct_type(source.fields)), source.expectations, where)
    listed = listed_parts(store.spark, source, loading.folder)
    require_files(source, loading.folder, listed, loading.expected)
    todo = files_to_load(store, source, listed)
    if not dry_run:
        map_sources(store, [loading.folder])
    parts = parts_of(source, todo) if todo.files else []
    results = [_load_part(store, loading, part, arrived_at, dry_run, looked_at is not None) for part in parts]
    if parts and is_first(source, todo) and not dry_run:
        record_files(store, source.name, dict.fromkeys(todo.files[:-1], 0), None, datetime.now(UTC))
    if looked_at is not None and not dry_run:
        _record_look(store, loading, looked_at)
    return total_result(source, todo, results)


def _record_look(store: Store, loading: Loading, looked_at: datetime) -> None:
    """Record that everything that the source knew at a moment is loaded, with or without news. It comes after all rows."""
    path = store.layout.feature_group(loading.group.full_name)
    if table_exists(store.spark, path):
        version = current_version(store.spark, path)
        record_loaded_until(store, [Load(loading.group.full_name, "look", looked_at, version, source=loading.source.name)])


def _load_part(
    store: Store, loading: Loading, part: Part, arrived_at: datetime | None, dry_run: bool, is_look: bool
) -> LoadResult:
    source, group, files = loading.source, loading.group, part.files
    with timed_step(f"source {source.name}") as step:
        read = read_files(store.spark, source, loading.folder, files, part.whole)
        require_unchanged(store.spark, source, loading.folder, files)
        accepted = _accepted(read, source)
        warnings = _refuse_unexpected(source, read, accepted, arrived_at)
        counts = read.verdicts
        result = LoadResult(
            source.name,
            tuple(file.name for file in files),
            rows=sum(counts.values()),
            quarantined=counts["quarantined"],
            dropped=counts["dropped"],
            warnings=warnings,
        )
        step.summary = result.summary
        refuse_mostly_held(source, read, bool(source.subjects or group.personal_columns))
    if dry_run:
        return result
    batch = batch_of(source, files, accepted, arrived_at)
    with timed_step(f"feature group {group.full_name}") as step:
        map_groups(store, [group])
        write = write_and_record if is_look else write_and_record_load
        written = write(store, group, transformed_rows(loading, accepted), batch)
        step.summary = written.summary
    # After the write to the group, which may refuse the batch. If the driver is killed in between, the next run reads the files
    # again and finds the same rows.
    quarantine = quarantine_of(store, source)
    if part.reloaded:
        # The present rows of these files replace the quarantined rows of their former content.
        quarantine.remove_files(part.reloaded)
    if result.quarantined:
        people = subject_columns_of(store, store.layout.feature_group(group.full_name), group.subjects)
        left_out = hold_back_received(quarantine, source, read.rows, batch.id, batch.arrived_at, len(people))
        result = replace(result, quarantined=result.quarantined - left_out, suppressed=left_out)
    record_files(store, source.name, read.files, batch.id, datetime.now(UTC))
    return replace(result, written=(written,))


def transformed_rows(loading: Loading, rows: DataFrame) -> DataFrame:
    """Turn rows of a source into rows of its feature group.

    Raises:
        TransformationError: The transformation uses a column that the source does not have, or does not return a DataFrame.
        MissingColumnsError: The transformation dropped the column `_tombstone`, which marks deleted rows.
    """
    transform = loading.transform
    what = f"the transformation of source {loading.source.name} into feature group {loading.group.full_name}"
    transformed = rows if transform is None else computed_rows(lambda: transform(rows), what)
    if TOMBSTONE in rows.columns:
        require_columns(transformed, [TOMBSTONE], f"source {loading.source.name}: what its transformation carries on")
    return transformed


def quarantine_of(store: Store, source: Source) -> Quarantine:
    """Return the quarantine of a source's rows."""
    return Quarantine(store, source.quarantine_name, bool(source.subjects))


def _accepted(read: ReadFiles, source: Source) -> DataFrame:
    place = origin(F.lit(source.name), F.col(NAME), F.col(LINE)).alias(ORIGIN)
    deleted = [F.col(DELETED).alias(TOMBSTONE)] if DELETED in read.rows.columns else []
    return read.rows.where(F.col(VERDICT) == "accepted").select(*source.names, *deleted, place)


def _refuse_unexpected(source: Source, read: ReadFiles, accepted: DataFrame, arrived_at: datetime | None) -> tuple[str, ...]:
    found = batch_complaints(accepted, source.batch_expectations, arrived_at)
    broken = {each: read.broken[each.name] for each in source.expectations if each.name in read.broken}
    return refuse_or_warn(f"source {source.name}", found, broken, {"fail": ""})
