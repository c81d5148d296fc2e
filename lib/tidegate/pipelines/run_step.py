"""Run a step: find what changed in its inputs, compute the rows that depend on it, and write those that are different."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tidegate.feature_groups.catalog.statistics_table import commit_statistics
from tidegate.feature_groups.steps.affected import Affected
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.steps.new_rows import new_rows
from tidegate.feature_groups.steps.position import StepBatch, newest_position, next_position
from tidegate.feature_groups.storage import create_group_table
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_group
from tidegate.pipelines.run_records import RunRecords
from tidegate.pipelines.step_inputs import StepInputs, inputs_of
from tidegate.progress import timed_step
from tidegate.tables.create import table_exists
from tidegate.tables.read import current_version, read_table, table_tokens
from tidegate.tables.store import Store

# After so many commits that changed no row, the position is moved on. Otherwise every run would look at them again, and once the
# log has lost the first of them, everything would be computed again.
_MOST_COMMITS = 50


@dataclass(frozen=True)
class StepResult:
    """What a run of a step over stored rows did.

    Attributes:
        group: Full name of the derived feature group.
        inputs: The table version of each input that the step has read or found unchanged, by its full name.
        written: The result of the write; None if nothing that the step depends on has changed.
        rows_read: The number of stored rows of the inputs that the computation read.
        affected: The event times that were computed; None if nothing was.
    """

    group: str
    inputs: Mapping[str, int]
    written: WriteResult | None
    rows_read: int = 0
    affected: Affected | None = None

    @property
    def summary(self) -> str:
        """The result in one line."""
        if self.written is None or self.affected is None:
            return "up to date"
        return f"computed {self.affected.text} from {self.rows_read:,} rows; {self.written.summary}"


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
    with timed_step(f"feature group {step.group.full_name}") as timed:
        result = _computed_group(inputs_of(store, step), records, again)
        timed.summary = result.summary
    return result


def _computed_group(inputs: StepInputs, records: RunRecords, again: bool) -> StepResult:
    store, group = inputs.store, inputs.step.group
    nothing = StepResult(group.full_name, {name: version for name, (_, version) in inputs.versions.items()}, None)
    path = create_group_table(store, group)
    before = newest_position(table_tokens(store.spark, path))
    if before is not None and before.versions == inputs.versions and not again:
        return nothing
    affected = inputs.affected(None if again else before)
    batch = StepBatch(next_position(before, inputs.versions).batch_id, group=group.full_name, after=before)
    if not affected.spans:
        if before is not None and inputs.commits_since(before) > _MOST_COMMITS:
            write_group(store, group, store.spark.createDataFrame([], group.schema), batch)
        return nothing
    rows_read, affected = inputs.looked_at(affected)
    stored = read_table(store.spark, path, current_version(store.spark, path))
    written = write_group(store, group, new_rows(inputs.computed(affected), stored, group, affected), batch)
    records.statistics.append(commit_statistics(group, written, batch.id))
    return replace(nothing, written=written, rows_read=rows_read, affected=affected)


def is_behind(store: Store, step: FeatureStep) -> bool:
    """Return whether the group of a step has to be computed, because rows of its inputs have changed. Only logs are read.

    Raises:
        MissingGroupError: An input has no table yet.
    """
    path = store.layout.feature_group(step.group.full_name)
    before = newest_position(table_tokens(store.spark, path)) if table_exists(store.spark, path) else None
    if before is None:
        return True
    inputs = inputs_of(store, step)
    # Compaction and erasures give an input a new version without changed rows.
    return before.versions != inputs.versions and any(inputs.changes(read, before) != () for read in step.reads)
