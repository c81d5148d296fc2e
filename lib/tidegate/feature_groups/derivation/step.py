"""A step over feature groups: which groups it reads, and how it computes its own group from them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.declared_names import require_distinct
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.feature_groups.computed_rows import computed_rows
from tidegate.feature_groups.definition import AVAILABLE_AT, FeatureGroup
from tidegate.feature_groups.derivation.sql_text import read_query, run_query
from tidegate.feature_groups.derivation.step_input import StepInput
from tidegate.schema import require_schema


@dataclass(frozen=True)
class GroupStep:
    """A feature group that is computed from other feature groups.

    Attributes:
        group: The feature group that the step computes.
        inputs: The feature groups that it reads, and how far around an event it looks in each.
        build: The transformation: a function that gets a frame for each input, in their order, or an SQL file with one query
            over the names of the inputs. A frame has the rows as they are known now: the fields, event_time and available_at.
            The transformation returns the rows of the group. It may leave out `available_at`: then a row counts as known from
            its event time plus the group's delay, or from the newest change that it can come from, if that is later.

    Raises:
        DefinitionError: An attribute has another type than declared; the step has no input, two inputs of one name, or its own
            group as an input; a group of which corrections replace rows is computed from inputs that can be corrected; or the
            SQL file can't be used.
    """

    group: FeatureGroup
    inputs: tuple[StepInput, ...]
    build: Callable[..., DataFrame] | Path
    _query: str | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        require_declared_types(self)
        where = f"the step of feature group {self.group.full_name}"
        if not self.inputs:
            raise DefinitionError(f"{where}: it has no input. Name the feature groups that it reads.")
        require_distinct(self.names, f"{where}: inputs", "name each feature group once")
        if self.group.full_name in {read.group.full_name for read in self.inputs}:
            raise DefinitionError(f"{where}: it reads its own group. Read another version of it, or another group.")
        self._require_history(where)
        if isinstance(self.build, Path):
            object.__setattr__(self, "_query", read_query(self.build, self.names, where))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the inputs, by which an SQL file reads them."""
        return tuple(read.group.name for read in self.inputs)

    def rows(self, frames: Sequence[DataFrame]) -> DataFrame:
        """Return the rows that the step computes from frames of its inputs, with the columns of the group. No job starts.

        Raises:
            TransformationError: The transformation uses a column that its inputs don't have, or it does not return a DataFrame.
            SchemaMismatchError: It returns other columns or types than the group has.
        """
        what, query, build = f"the step of feature group {self.group.full_name}", self._query, self.build
        if query is not None:
            computed = computed_rows(lambda: run_query(query, dict(zip(self.names, frames, strict=True))), what)
        elif callable(build):
            computed = computed_rows(lambda: build(*frames), what)
        if AVAILABLE_AT not in computed.columns:
            computed = computed.withColumn(AVAILABLE_AT, F.lit(None).cast("timestamp"))
        require_schema(computed, self.group.schema, what)
        return computed

    def _require_history(self, where: str) -> None:
        changing = sorted(read.group.full_name for read in self.inputs if not read.group.immutable)
        if self.group.history == "latest" and changing:
            raise DefinitionError(
                f"{where}: rows of {', '.join(changing)} can be corrected. A correction would replace rows of this group, and "
                "their features would be missing for all label times before the correction. Declare history='all' for it."
            )


def in_order(steps: Iterable[GroupStep]) -> list[GroupStep]:
    """Return steps in an order in which every step comes after those that compute its inputs.

    Raises:
        DefinitionError: Two steps compute the same group, or steps need each other.
    """
    by_group = {step.group.full_name: step for step in steps}
    ordered: dict[str, GroupStep] = {}
    waiting = dict(by_group)
    while waiting:
        ready = [name for name, step in waiting.items() if not any(read.group.full_name in waiting for read in step.inputs)]
        if not ready:
            raise DefinitionError(f"the steps of {', '.join(sorted(waiting))} need each other's rows; remove one of the inputs.")
        ordered |= {name: waiting.pop(name) for name in ready}
    return list(ordered.values())
