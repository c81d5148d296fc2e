"""The inputs of a step: their versions, what changed in them, and the rows that a computation reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.errors import MissingGroupError
from tidegate.feature_groups.changed_times import ChangedSpan, cell_of, span_columns, span_of, spans_of_rows
from tidegate.feature_groups.changes import changes_between
from tidegate.feature_groups.read import present_rows
from tidegate.feature_groups.steps.affected import Affected, affected_by, effects
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.steps.position import Position
from tidegate.feature_groups.steps.step_input import StepInput
from tidegate.moments import FIRST, LAST
from tidegate.tables.create import table_exists
from tidegate.tables.read import read_table, table_identity
from tidegate.tables.store import Store

Versions = Mapping[str, tuple[str, int]]


@dataclass(frozen=True)
class StepInputs:
    """The inputs of a step at pinned versions.

    Attributes:
        store: The store.
        step: The step, over stored rows.
        versions: The id and the version of the table of each input, by its full name.
    """

    store: Store
    step: FeatureStep
    versions: Versions

    def affected(self, before: Position | None) -> Affected:
        """Return the derived rows that rows of the inputs affect which changed since a position; None: all rows.

        If nobody knows what changed in one of the inputs, all derived rows are affected.
        """
        if before is not None and before.versions.keys() == self.versions.keys():
            found = [(read, self.changes(read, before)) for read in self.step.reads]
            known = [(read, spans) for read, spans in found if spans is not None]
            if len(known) == len(found):
                return affected_by(known)
        return affected_by([(read, self._all_changes(read)) for read in self.step.reads], everything=True)

    def changes(self, read: StepInput, before: Position | None) -> tuple[ChangedSpan, ...] | None:
        """Return the spans of the rows of an input that changed since a position; None if nobody knows. Only logs are read."""
        name = read.group.full_name
        table, version = self.versions[name]
        was_table, was_version = ("", -1) if before is None else before.versions.get(name, ("", -1))
        return changes_between(self.store, read.group, was_version, version) if table == was_table else None

    def commits_since(self, before: Position) -> int:
        """Return how many commits the inputs had since a position."""
        return sum(version - before.versions[name][1] for name, (_, version) in self.versions.items())

    def looked_at(self, affected: Affected) -> tuple[int, Affected]:
        """Return how many rows the computation of the affected rows reads, and when these rows became known. One job runs."""
        parts = [self._counted(read, affected, place) for place, read in enumerate(self.step.reads)]
        found = reduce(DataFrame.unionByName, parts).collect()
        rows = sum(row["rows"] for row in found)
        if affected.is_everything:
            return rows, affected
        return rows, replace(affected, seen=effects((self.step.reads[row["place"]], [span_of([row])]) for row in found))

    def computed(self, affected: Affected) -> DataFrame:
        """Return the rows that the step computes from the rows that the affected rows depend on. No job starts.

        Raises:
            TransformationError: The code of the step uses an unknown column, or returns no DataFrame.
            SchemaMismatchError: The step returns other columns or types than its group has.
        """
        reads = self.step.reads
        return self.step.rows([present_rows(self._rows(read).where(affected.input_rows(read)), read.group) for read in reads])

    def _all_changes(self, read: StepInput) -> tuple[ChangedSpan, ...]:
        changes = changes_between(self.store, read.group, -1, self.versions[read.group.full_name][1])
        return spans_of_rows(self._rows(read)) if changes is None else changes

    def _rows(self, read: StepInput) -> DataFrame:
        name = read.group.full_name
        return read_table(self.store.spark, self.store.layout.feature_group(name), self.versions[name][1])

    def _counted(self, read: StepInput, affected: Affected, place: int) -> DataFrame:
        """Count the rows of an input that are read, in cells of event time."""
        rows = self._rows(read).where(affected.input_rows(read))
        counted = [F.lit(place).alias("place"), F.count("*").alias("rows")]
        if affected.is_everything:
            return rows.agg(*counted)
        spans = (*affected.spans, *affected.input_spans(read))
        # If a step has no limit on one side, the rows beyond the finite moments fall into the cells at the ends.
        ends = [moment for span in spans for moment in span if FIRST < moment < LAST]
        cell = cell_of("true", min(ends, default=None), max(ends, default=None))
        return rows.groupBy(cell.alias("cell")).agg(*counted, *span_columns()).drop("cell")


def inputs_of(store: Store, step: FeatureStep) -> StepInputs:
    """Return the inputs of a step at their newest versions.

    Raises:
        MissingGroupError: An input has no table yet.
    """
    return StepInputs(store, step, {read.group.full_name: _version(store, read) for read in step.reads})


def _version(store: Store, read: StepInput) -> tuple[str, int]:
    path = store.layout.feature_group(read.group.full_name)
    if not table_exists(store.spark, path):
        raise MissingGroupError(read.group.full_name, store.layout.root)
    identity, version = table_identity(store.spark, path)
    return identity.partition(" at ")[0], version
