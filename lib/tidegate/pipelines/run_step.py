"""Run a step: find what changed in its inputs, compute the rows that depend on it, and write those that are different."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from tidegate.errors import MissingGroupError
from tidegate.feature_groups.catalog.statistics_table import commit_statistics
from tidegate.feature_groups.changed_times import ChangedSpan, spans_of_rows
from tidegate.feature_groups.changes import changes_between
from tidegate.feature_groups.read import current_rows
from tidegate.feature_groups.steps.affected import Affected, affected_by
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.steps.new_rows import new_rows
from tidegate.feature_groups.steps.position import Position, StepBatch, newest_position, next_position
from tidegate.feature_groups.steps.step_input import StepInput
from tidegate.feature_groups.storage import create_group_table
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_group
from tidegate.pipelines.run_records import RunRecords
from tidegate.progress import timed_step
from tidegate.tables.create import table_exists
from tidegate.tables.read import current_version, read_table, table_identity, table_tokens
from tidegate.tables.store import Store

Versions = Mapping[str, tuple[str, int]]


@dataclass(frozen=True)
class StepResult:
    """What a run of a step over stored rows did.

    Attributes:
        group: Full name of the derived feature group.
        inputs: The table version of each input that the step has read or found unchanged, by its full name.
        written: The result of the write; None if nothing that the step depends on has changed.
    """

    group: str
    inputs: Mapping[str, int]
    written: WriteResult | None

    @property
    def summary(self) -> str:
        """The result in one line."""
        return "up to date" if self.written is None else self.written.summary


def run_step(store: Store, step: FeatureStep, records: RunRecords, again: bool = False) -> StepResult:
    """Bring a derived group up to date with its inputs.

    Only the rows that depend on changed rows of the inputs are computed again. A run that is killed anywhere is repeated by the
    next one.

    Args:
        store: The store. The group is in its map of subjects.
        step: A step over stored rows.
        records: Gets the statistics of the new rows.
        again: Whether to compute all rows again, because the code of the step was corrected.

    Raises:
        MissingGroupError: An input has no table yet.
        TransformationError: The code of the step uses an unknown column, or returns no DataFrame.
        SchemaMismatchError: The step returns other columns or types than its group has.
        OvertakenStepError: Another run has computed the group from newer inputs in the meantime.
    """
    name = step.group.full_name
    with timed_step(f"feature group {name}") as timed:
        versions = input_versions(store, step)
        batch, written = _computed_group(store, step, versions, again)
        if written is not None:
            records.statistics.append(commit_statistics(step.group, written, batch))
        result = StepResult(name, {name: version for name, (_, version) in versions.items()}, written)
        timed.summary = result.summary
    return result


def _computed_group(store: Store, step: FeatureStep, versions: Versions, again: bool) -> tuple[str, WriteResult | None]:
    """Return the id of the batch of computed rows, and the result of its write; None if there is nothing to compute."""
    path = create_group_table(store, step.group)
    before = newest_position(table_tokens(store.spark, path))
    position = next_position(before, versions)
    if before is not None and before.versions == versions and not again:
        return position.batch_id, None
    affected = _affected(store, step.reads, None if again else before, versions)
    if not affected.spans:
        return position.batch_id, None
    stored = read_table(store.spark, path, current_version(store.spark, path))
    rows = new_rows(_computed(store, step, versions, affected), stored, step.group, affected)
    batch = StepBatch(position.batch_id, group=step.group.full_name, after=before)
    return position.batch_id, write_group(store, step.group, rows, batch)


def is_behind(store: Store, step: FeatureStep) -> bool:
    """Return whether the group of a step has to be computed, because rows of its inputs have changed. Only logs are read.

    Raises:
        MissingGroupError: An input has no table yet.
    """
    path = store.layout.feature_group(step.group.full_name)
    before = newest_position(table_tokens(store.spark, path)) if table_exists(store.spark, path) else None
    if before is None:
        return True
    versions = input_versions(store, step)
    # Compaction and erasures give an input a new version without changed rows.
    return before.versions != versions and any(_changed(store, read, before, versions) != () for read in step.reads)


def input_versions(store: Store, step: FeatureStep) -> Versions:
    """Return the id and the newest version of the table of each input, by its full name.

    Raises:
        MissingGroupError: An input has no table yet.
    """
    return {read.group.full_name: _version(store, read) for read in step.reads}


def _version(store: Store, read: StepInput) -> tuple[str, int]:
    path = store.layout.feature_group(read.group.full_name)
    if not table_exists(store.spark, path):
        raise MissingGroupError(read.group.full_name, store.layout.root)
    identity, version = table_identity(store.spark, path)
    return identity.partition(" at ")[0], version


def _affected(store: Store, inputs: Sequence[StepInput], before: Position | None, versions: Versions) -> Affected:
    changes: list[tuple[StepInput, Sequence[ChangedSpan]]] = []
    everything = before is None or before.versions.keys() != versions.keys()
    for read in inputs:
        spans = _changed(store, read, before, versions)
        if spans is None:
            everything = True
            spans = spans_of_rows(_rows(store, read, versions[read.group.full_name][1]))
        changes.append((read, spans))
    return affected_by(changes, everything)


def _changed(store: Store, read: StepInput, before: Position | None, versions: Versions) -> tuple[ChangedSpan, ...] | None:
    """Return the spans of the rows of an input that changed since a position; None if nobody knows."""
    name = read.group.full_name
    table, version = versions[name]
    was_table, was_version = ("", -1) if before is None else before.versions.get(name, ("", -1))
    return changes_between(store, read.group, was_version, version) if table == was_table else None


def _rows(store: Store, read: StepInput, version: int) -> DataFrame:
    return read_table(store.spark, store.layout.feature_group(read.group.full_name), version)


def _computed(store: Store, step: FeatureStep, versions: Versions, affected: Affected) -> DataFrame:
    frames = []
    for read in step.reads:
        rows = _rows(store, read, versions[read.group.full_name][1]).where(affected.input_rows(read))
        frames.append(current_rows(rows, read.group))
    return step.rows(frames)
