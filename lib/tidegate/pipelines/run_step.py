"""Run a step: find what changed in its inputs, compute the rows that depend on it, and write those that are different."""

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame

from tidegate.feature_groups.changed_times import ChangedSpan, spans_of_rows
from tidegate.feature_groups.changes import changes_between
from tidegate.feature_groups.derivation.affected import Affected, affected_by
from tidegate.feature_groups.derivation.new_rows import new_rows
from tidegate.feature_groups.derivation.position import Position, newest_position, next_position
from tidegate.feature_groups.derivation.step import GroupStep
from tidegate.feature_groups.derivation.step_input import StepInput
from tidegate.feature_groups.read import current_rows
from tidegate.feature_groups.storage import create_group_table, map_groups
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_and_record
from tidegate.tables.read import current_version, read_table, table_identity, table_tokens
from tidegate.tables.store import Store


def run_step(store: Store, step: GroupStep) -> WriteResult | None:
    """Bring a derived group up to date with its inputs; return None if nothing that it depends on has changed.

    Only the rows that depend on changed rows of the inputs are computed again. A run that is killed anywhere is repeated by the
    next one.

    Args:
        store: The store.
        step: The step.

    Raises:
        TransformationError: The code of the step uses an unknown column, or returns no DataFrame.
        SchemaMismatchError: The step returns other columns or types than its group has.
    """
    map_groups(store, [step.group])
    path = create_group_table(store, step.group)
    before = newest_position(table_tokens(store.spark, path))
    versions = {read.group.full_name: _version(store, read) for read in step.inputs}
    if before is not None and before.versions == versions:
        return None
    affected = _affected(store, step.inputs, before, versions)
    if not affected.spans:
        return None
    stored = read_table(store.spark, path, current_version(store.spark, path))
    rows = new_rows(_computed(store, step, versions, affected), stored, step.group, affected)
    batch = Batch(next_position(before, versions).batch_id)
    return write_and_record(store, step.group, rows, batch)


def _version(store: Store, read: StepInput) -> tuple[str, int]:
    path = store.layout.feature_group(read.group.full_name)
    identity, version = table_identity(store.spark, path)
    return identity.partition(" at ")[0], version


def _affected(
    store: Store, inputs: Sequence[StepInput], before: Position | None, versions: Mapping[str, tuple[str, int]]
) -> Affected:
    known = {} if before is None else before.versions
    changes: list[tuple[StepInput, Sequence[ChangedSpan]]] = []
    everything = known.keys() != versions.keys()
    for read in inputs:
        name = read.group.full_name
        table, version = versions[name]
        was_table, was_version = known.get(name, ("", -1))
        spans = changes_between(store, read.group, was_version, version).spans if table == was_table else None
        if spans is None:
            everything = True
            spans = spans_of_rows(_rows(store, read, version))
        changes.append((read, spans))
    return affected_by(changes, everything)


def _rows(store: Store, read: StepInput, version: int) -> DataFrame:
    return read_table(store.spark, store.layout.feature_group(read.group.full_name), version)


def _computed(store: Store, step: GroupStep, versions: Mapping[str, tuple[str, int]], affected: Affected) -> DataFrame:
    frames = []
    for read in step.inputs:
        rows = _rows(store, read, versions[read.group.full_name][1]).where(affected.input_rows(read))
        frames.append(current_rows(rows, read.group))
    return step.rows(frames)
