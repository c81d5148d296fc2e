"""The input of aggregates: the rows of one feature group, and what is computed from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.conditions.condition import Condition, condition
from tidegate.point_in_time.aggregates.result_types import result_type
from tidegate.point_in_time.aggregates.windows import CalendarDays, LastRows
from tidegate.point_in_time.stored_rows import StoredRows

# The local day of a label time begins at most this long before it, also where clocks change by many hours.
_LONGEST_DAY = timedelta(days=2)


@dataclass(frozen=True)
class AggregateRows:
    """The rows of one feature group for a join that computes aggregates of them.

    Attributes:
        name: Name of the group or of the choice, for messages; unique within a join.
        frame: Rows with the entity key, `event_time`, the columns that the aggregates and conditions read and, where the group
            has them, `available_at` and a boolean `_tombstone`.
        entity_key: The group's own key. An observation replaces earlier ones of the same entity key and event_time.
        key: Columns on which labels and rows are joined.
        features: The aggregates, by the names of the result columns.
        where: A SQL condition on the row, for all features.
        boundary: "inclusive" if a row that became known exactly at the label time counts, else "exclusive".
        delay: If the frame has no `available_at`, a row is known this long after its event_time.
        sequence: Column that orders observations of one event that became known at the same moment.
        one_event_per: Columns that name one event, of which only the newest known observation is in force, whatever its
            event_time is. Empty if events don't move.
        immutable: Whether no row is ever replaced by another one.
        fresh_until: The last label time at which the loaded rows can be relied on; None if it is not known.
        anchor: Name of a label column with the time that the windows are placed at. None: the label time. What is known is always
            decided by the label time.
        stored: The table files that hold the same rows. None if the frame does not come from a feature group's table.
        span: The first label time and the end of the label times, if they are known. Rows that can't count are then not read.
        mark: Name of a result column with the number of rows counted by any of the features, NULL where no row was counted.
            None adds no column.
        cells_at_once: How many values of 8 bytes of these rows a task holds in memory at a time, if the rest can wait in files.
        parts: If these are the aggregates of several choices, as `together` returns them: each choice, with its own features,
            `where` and `mark`. Empty for a single choice.
    """

    name: str
    frame: DataFrame
    entity_key: tuple[str, ...]
    key: tuple[str, ...]
    features: Mapping[str, Aggregate]
    where: str | None = None
    boundary: Literal["inclusive", "exclusive"] = "inclusive"
    delay: timedelta = timedelta(0)
    sequence: str | None = None
    one_event_per: tuple[str, ...] = ()
    immutable: bool = False
    fresh_until: datetime | None = None
    anchor: str | None = None
    stored: StoredRows | None = None
    span: tuple[datetime, datetime] | None = None
    mark: str | None = None
    cells_at_once: int = 40_000_000
    parts: tuple["AggregateRows", ...] = ()
    # The conditions as they were parsed, by their texts. They are derived from the others.
    conditions: Mapping[str, Condition] = field(default_factory=lambda: MappingProxyType({}), init=False, compare=False)

    def __post_init__(self) -> None:
        texts = [text for each in self.features.values() for text in each.conditions]
        texts += [each.where for each in self.choices if each.where]
        parsed = {text: condition(text, self.column_types, f"aggregates of {self.name}") for text in dict.fromkeys(texts)}
        object.__setattr__(self, "conditions", parsed)

    @property
    def choices(self) -> tuple["AggregateRows", ...]:
        """The single choices: the parts, or these aggregates themselves."""
        return self.parts or (self,)

    @cached_property
    def column_types(self) -> dict[str, T.DataType]:
        """The types of the columns that aggregates and conditions can read. `available_at` may be missing from the frame."""
        types = {each.name: each.dataType for each in self.frame.schema.fields if each.name != TOMBSTONE}
        return {**types, AVAILABLE_AT: T.TimestampType()}

    @cached_property
    def result_types(self) -> dict[str, T.DataType]:
        """The types of the features by their names."""
        return {name: result_type(each, self.column_types, f"aggregates of {self.name}") for name, each in self.features.items()}

    @property
    def has_tombstones(self) -> bool:
        """Whether the frame has a column that marks tombstones."""
        return TOMBSTONE in self.frame.columns

    @property
    def keeps_all(self) -> bool:
        """Whether one row may replace another one. Files of a table that keeps only the newest observations have no such rows."""
        if self.stored is not None:
            return self.stored.keeps_all
        return self.has_tombstones or not self.immutable

    @property
    def moves_between_entities(self) -> bool:
        """Whether the observations of one event can have different entity keys."""
        return bool(self.one_event_per) and not set(self.entity_key) <= set(self.one_event_per)

    @property
    def known_at(self) -> Column:
        """The time when a row became known: `available_at`, or `event_time` plus the delay where the frame has none."""
        return F.col(AVAILABLE_AT) if AVAILABLE_AT in self.frame.columns else F.col(EVENT_TIME) + F.lit(self.delay)

    @property
    def why_only_spark(self) -> str | None:
        """Why only Spark can evaluate one of the conditions; None if tasks can evaluate all of them."""
        for text, each in self.conditions.items():
            if each.why_not is not None:
                return f"only Spark can evaluate the condition {text!r} ({each.why_not})"
        return None

    @property
    def reach(self) -> timedelta | None:
        """How far before the label time the events lie that can count; None if there is no limit."""
        # A target time may also lie before the label time.
        return reach(self.features.values()) if self.anchor is None else None

    def outputs(self, provenance: bool) -> dict[str, str]:
        """Map each result column to itself: the features, and with `provenance` three further columns for each of them."""
        if self.parts:
            return {name: name for part in self.parts for name in part.outputs(provenance)}
        names = list(self.features)
        if provenance:
            names += [column for name in self.features for column in provenance_names(name)]
        elif self.mark is not None:
            names.append(self.mark)
        return {name: name for name in names}


def provenance_names(feature: str) -> tuple[str, str, str]:
    """Return the names of the result columns with the number of rows counted, and their newest event_time and available_at."""
    return f"{feature}__rows", f"{feature}__{EVENT_TIME}", f"{feature}__{AVAILABLE_AT}"


def reach(aggregates: Iterable[Aggregate]) -> timedelta | None:
    """Return how far before the label time the events lie that any of these aggregates can count; None if there is no limit."""
    longest = timedelta(0)
    for each in aggregates:
        if each.ahead is not None:
            continue
        if each.window is None or isinstance(each.window, LastRows):
            return None
        span = timedelta(days=each.window.days) + _LONGEST_DAY if isinstance(each.window, CalendarDays) else each.window
        longest = max(longest, span + each.offset)
    return longest
