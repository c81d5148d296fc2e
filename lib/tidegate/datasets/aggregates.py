"""Aggregates of the events of one group, declared for a feature view and computed at each label time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from pyspark.sql import types as T

from tidegate.datasets.feature_choice import Boundary
from tidegate.datasets.lineage import Origin
from tidegate.declared_names import require_column_names, require_distinct
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import EVENT_TIME, TIME_COLUMNS, FeatureGroup
from tidegate.moments import LONGEST_SPAN
from tidegate.names import require_free_names
from tidegate.point_in_time.aggregates.aggregate import VALUE_OPERATIONS, Aggregate
from tidegate.point_in_time.aggregates.aggregate_rows import reach
from tidegate.point_in_time.aggregates.conditions.condition import condition
from tidegate.point_in_time.aggregates.meaning import meaning, unit_of
from tidegate.point_in_time.aggregates.result_types import require_sortable, result_type
from tidegate.schema import Field, require_declared, require_share

# The columns of label rows at which windows can be placed.
Anchor = Literal["event_time", "target_time"]


@dataclass(frozen=True)
class Aggregates:
    """Aggregates of the rows of one group: counts, means, last values and so on, of the rows known at the label time.

    A row counts for a label if it has the same key, was known at the label time, was not replaced by then, lies in the window,
    and meets the conditions.

    Attributes:
        group: The feature group. It keeps every observation (`history="all"`), or its rows never change (`immutable=True`).
        features: The aggregates, by the names of the columns that they give.
        key: The columns of the group on which labels are joined with its rows. None: its entity key.
        where: A SQL condition on the row, for all features, in addition to their own.
        staleness: How long after the group's `loaded_until` its rows can still be relied on. For later label times, counts are
            NULL, because nobody knows whether something happened.
        boundary: Whether a row that became known exactly at the label time counts ("inclusive") or not ("exclusive").
        anchor: The time that the windows are placed at: the label time ("event_time"), or the target time of a spine with
            horizons ("target_time"). The label time always decides what is known, so a window that reaches beyond the label time
            counts only what was known by then.
        one_event_per: The columns that name one event, if the source can move an event to another time without saying that the
            old time no longer holds. Then only the newest known observation of each event counts.
        may_lack: The largest share of the rows, 0 to 1, for which no row of the group counts, in any of the windows. A training
            dataset or a batch of predictions with a larger share is refused, because then the group's source was probably not
            loaded. This attribute changes no value, so it may change without a new version of the view.

    Raises:
        DefinitionError: An attribute does not have its declared type; no feature is declared; a name can't be stored or is
            reserved; a column is unknown, or its type does not suit the operation; a condition is no SQL condition on one row;
            the group forgets earlier observations; or a result would have personal values without the columns that name the
            person.
    """

    group: FeatureGroup
    features: Mapping[str, Aggregate] = field(hash=False)  # a mapping has no hash
    key: tuple[str, ...] | None = None
    where: str | None = None
    staleness: timedelta = timedelta(days=1)
    boundary: Boundary = "inclusive"
    one_event_per: tuple[str, ...] = ()
    may_lack: float = 0.5
    anchor: Anchor = "event_time"

    def __post_init__(self) -> None:
        require_declared_types(self)
        where = f"aggregates of feature group {self.group.name!r}"
        require_share(self.may_lack, "may_lack", where)
        if not self.features:
            raise DefinitionError(f"{where}: features is empty. Declare at least one aggregate.")
        require_column_names(self.features, where)
        require_free_names(self.features, f"{where}: features", taken=TIME_COLUMNS)
        self._require_history(where)
        self._require_keys(where)
        if not timedelta(0) <= self.staleness <= LONGEST_SPAN:
            raise DefinitionError(f"{where}: staleness is {self.staleness}. Give a span of 0 or longer.")
        for name, each in self.features.items():
            result_type(each, self._columns, f"{where}: {name}")
            for text in each.conditions:
                condition(text, self._columns, f"{where}: {name}")
        if self.where is not None:
            condition(self.where, self._columns, where)
        self._require_persons(where)

    @property
    def joined_on(self) -> tuple[str, ...]:
        """The columns on which the rows to predict or to train on are joined with the group."""
        return self.group.entity_key if self.key is None else self.key

    @property
    def reach(self) -> timedelta | None:
        """How far before the label time the events lie that can count; None if there is no limit."""
        return reach(self.features.values()) if self.anchor == EVENT_TIME else None

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of the result columns."""
        return tuple(self.features)

    @property
    def output_fields(self) -> tuple[Field, ...]:
        """The result columns with their types, meaning, unit and origin."""
        where, group = f"aggregates of feature group {self.group.name!r}", self.group
        units = {each.name: each.unit for each in group.fields}
        return tuple(
            Field(
                name,
                result_type(each, self._columns, where),
                meaning(each, group.name, self.joined_on, self.where),
                unit_of(each, units.get(each.column or "")),
                f"{group.full_name}: {', '.join(self._read_by(each)) or EVENT_TIME}",
            )
            for name, each in self.features.items()
        )

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The group and column that each result with values of a row comes from. Counts and means have no values of a row."""
        return tuple(
            Origin(name, self.group, column, is_single=each.n is None and each.by is None)
            for name, each in self.features.items()
            for column in copied_columns(each)
        )

    @property
    def columns_read(self) -> tuple[str, ...]:
        """The columns of the group that are read: the key, and what the aggregates and their conditions need."""
        read = (name for each in self.features.values() for name in self._read_by(each))
        return tuple(dict.fromkeys((*self.joined_on, *self.one_event_per, *read)))

    @property
    def _columns(self) -> dict[str, T.DataType]:
        """The columns that aggregates and conditions can read."""
        return {each.name: each.dataType for each in self.group.schema.fields}

    def _read_by(self, aggregate: Aggregate) -> tuple[str, ...]:
        """Return the columns that an aggregate and its conditions read."""
        texts = [*aggregate.conditions, *([self.where] if self.where is not None else [])]
        conditions = [name for text in texts for name in condition(text, self._columns, self.group.name).columns]
        return tuple(dict.fromkeys([*aggregate.columns, *conditions]))

    def _require_history(self, where: str) -> None:
        if self.group.history == "latest" and not self.group.immutable:
            raise DefinitionError(
                f"{where}: the group has history='latest', so it has forgotten when a row that was updated was first known. "
                "Counts of earlier times would be too small, and nobody would see it. Define a version of the group with "
                "history='all' or, if its events never change, with immutable=True."
            )

    def _require_keys(self, where: str) -> None:
        for role, names in (("key", self.joined_on), ("one_event_per", self.one_event_per)):
            require_declared(names, self.group.fields, role, where)
            require_distinct(names, f"{where}: {role}", "name each column once")
        if not self.joined_on:
            raise DefinitionError(f"{where}: key is empty. Name at least one column, or leave it out for the entity key.")
        require_sortable((*self.joined_on, *self.one_event_per), self.group.schema, where)

    def _require_persons(self, where: str) -> None:
        """Refuse results with personal values whose person no column of the result row names."""
        group = self.group
        missing = [name for name in group.subjects if name not in self.joined_on]
        for name, each in self.features.items():
            personal = [column for column in copied_columns(each) if column in group.personal_columns]
            # A single value of a subject column names its person itself, so an erasure finds the row.
            names_person = personal == [each.column] and each.column in group.subjects and each.n is None and each.by is None
            if personal and missing and not names_person:
                raise DefinitionError(
                    f"{where}: {name} returns values of {', '.join(personal)}, which are personal, but {', '.join(missing)}, "
                    "which names the person, is not in the key. The values could then be of any person, and an erasure could "
                    "not find them. Aggregate by the person, or compute a count instead."
                )


def copied_columns(aggregate: Aggregate) -> tuple[str, ...]:
    """Return the columns whose values an aggregate returns as they are."""
    copied = [aggregate.column] if aggregate.operation in VALUE_OPERATIONS and aggregate.column is not None else []
    return tuple(dict.fromkeys([*copied, *([aggregate.by] if aggregate.by is not None else [])]))
