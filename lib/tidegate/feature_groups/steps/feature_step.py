"""A step: how a feature group is computed from sources and from other feature groups."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.declared_names import require_distinct
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.feature_groups.computed_rows import computed_rows
from tidegate.feature_groups.definition import AVAILABLE_AT, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.steps.older_version import OlderVersion, require_older
from tidegate.feature_groups.steps.sql_text import read_query, run_query
from tidegate.feature_groups.steps.step_input import StepInput
from tidegate.feature_groups.steps.stored_source import copied_rows, require_copyable
from tidegate.feature_groups.writing.full_states import require_mutable
from tidegate.quarantine.table import ORIGIN
from tidegate.schema import Field, require_columns, require_schema
from tidegate.sources.source import Source


@dataclass(frozen=True)
class FeatureStep:
    """A feature group, and how its rows are computed.

    A step with one source as its only input takes the rows of new files as they come, each row on its own. Any other step reads
    stored rows: of feature groups, and of sources whose rows are stored first. It computes again what depends on changed rows.

    Attributes:
        group: The feature group that the step computes.
        inputs: What it reads: sources and feature groups, each as it is or as `reads(input, before=..., after=...)`, which says
            how far around an event the step looks.
        build: The transformation: a function that gets a frame for each input, in their order, or an SQL file with one query
            over the names of the inputs. It returns the rows of the group. None: the rows of the source are copied, with
            the times that it declares.
            The frame of a single source has its fields, and `_origin` with source, file and line of a row. The transformation may
            return `_origin`, so that the quarantine of the group can show it. If rows of the source can be deleted (a change feed
            of a Delta table), the frame also has `_tombstone`, which must be returned.
            Any other frame has the rows as they are known now: the fields, event_time and available_at. If the transformation
            returns an `available_at`, it must be the newest one of all rows that a row comes from. It may leave it out; then the
            library finds a moment that is not too early.
        older: An older version of the group. Use it if this version should be filled from the older one instead of the inputs.

    Raises:
        DefinitionError: An attribute has another type than declared; the step has no input, two inputs of one name, or its own
            group as an input; a group of which corrections replace rows is computed from stored rows; people of an input could
            not be found in the group; the SQL file can't be used; or the older version can't be.
    """

    group: FeatureGroup
    inputs: tuple[Source | FeatureGroup | StepInput, ...]
    build: Callable[..., DataFrame] | Path | None = None
    older: OlderVersion | None = None
    # The text of an SQL file as it was when the step was defined.
    _query: ClassVar[str | None] = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        where = self.title
        if not self.inputs:
            raise DefinitionError(f"{where}: it has no input. Name the sources and feature groups that it reads.")
        require_distinct(self.names, f"{where}: inputs", "name each input once")
        if self.source is None:
            self._require_stored(where)
        else:
            self._require_loadable(self.source, where)
        if self.older is not None:
            require_older(self.group, self.older.group)
        self._require_subjects(where)
        if isinstance(self.build, Path):
            object.__setattr__(self, "_query", read_query(self.build, self.names, where))

    @property
    def title(self) -> str:
        """What messages call the step."""
        return f"the step of feature group {self.group.full_name}"

    @property
    def source(self) -> Source | None:
        """The source whose rows the step takes as they come; None for a step over stored rows."""
        only = self.inputs[0]
        return only if len(self.inputs) == 1 and isinstance(only, Source) else None

    @property
    def reads(self) -> tuple[StepInput, ...]:
        """The feature groups that the step reads; none if it takes the rows of a source as they come."""
        if self.source is not None:
            return ()
        return tuple(each if isinstance(each, StepInput) else StepInput(each) for each in self.inputs)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources that the step needs."""
        named = [each.of if isinstance(each, StepInput) else each for each in self.inputs]
        return tuple(each for each in named if isinstance(each, Source))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the inputs, by which an SQL file reads them."""
        return tuple(each.group.name if isinstance(each, StepInput) else each.name for each in self.inputs)

    @property
    def input_fields(self) -> tuple[tuple[str, tuple[Field, ...]], ...]:
        """The name and the fields of each input."""
        named = [each.group if isinstance(each, StepInput) else each for each in self.inputs]
        return tuple((each.name, each.fields) for each in named)

    def rows(self, frames: Sequence[DataFrame]) -> DataFrame:
        """Return the rows that the step computes from frames of its inputs, with the columns of the group. No job starts.

        Raises:
            TransformationError: The transformation uses a column that its inputs don't have, or it does not return a DataFrame.
            SchemaMismatchError: It returns other columns or types than the group has.
            MissingColumnsError: It dropped the column `_tombstone`, which marks deleted rows.
        """
        computed = self._computed(frames)
        if AVAILABLE_AT not in computed.columns:
            computed = computed.withColumn(AVAILABLE_AT, F.lit(None).cast("timestamp"))
        if self.source is not None and TOMBSTONE in frames[0].columns:
            require_columns(computed, [TOMBSTONE], f"{self.title}: what it returns of source {self.source.name}")
        kept = (TOMBSTONE, ORIGIN) if self.source is not None else ()
        require_schema(computed.drop(*kept), self.group.schema, self.title)
        return computed

    def _computed(self, frames: Sequence[DataFrame]) -> DataFrame:
        query, build, source = self._query, self.build, self.source
        if query is not None:
            return computed_rows(lambda: run_query(query, dict(zip(self.names, frames, strict=True))), self.title)
        if callable(build):
            return computed_rows(lambda: build(*frames), self.title)
        if source is None:
            raise RuntimeError(f"{self.title} has no transformation")
        return copied_rows(frames[0], source, self.group)

    def _require_subjects(self, where: str) -> None:
        for each in self.inputs:
            read = each.group if isinstance(each, StepInput) else each
            kept = [name for name in read.subjects if name in self.group.field_names and name not in self.group.subjects]
            if kept:
                raise DefinitionError(
                    f"{where}: {', '.join(kept)} names a person in {read.name}, but is no subject of the group. So these people "
                    f"could not be forgotten there. Declare subject={kept[0]!r} for the group, or give the column another name."
                )

    def _require_loadable(self, source: Source, where: str) -> None:
        if self.build is None:
            require_copyable(source, self.group, where)
        persons, known = self.group.subjects, source.subjects
        if len(known) < len(persons):
            raise DefinitionError(
                f"source {source.name!r} declares {', '.join(known) or 'no field'} as its subject, but feature group "
                f"{self.group.full_name}, which is loaded from it, declares {', '.join(persons)}. People in quarantined rows of "
                "the source could not be forgotten. Declare the fields of the source that name them: subject=(...)."
            )
        if source.holds_states:
            require_mutable(self.group, source.name)

    def _require_stored(self, where: str) -> None:
        if self.build is None:
            raise DefinitionError(f"{where}: it has no `build`. Give a function or an SQL file that computes its rows.")
        if self.group.full_name in {read.group.full_name for read in self.reads}:
            raise DefinitionError(f"{where}: it reads its own group. Read another version of it, or another group.")
        if self.group.history == "latest" and not self.group.immutable:
            raise DefinitionError(
                f"{where}: rows that it reads can come late or be corrected. Then rows of this group would be replaced, and "
                "their features would be missing for all label times before the correction. Declare history='all' for it."
            )
