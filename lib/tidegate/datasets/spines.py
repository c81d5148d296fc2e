"""Spines by rule: the rows to predict, declared as "every entity, every day at 18:00 local time"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypedDict, Unpack

from pyspark.sql import types as T

from tidegate.datasets.spine_times import LocalTimes, hours_of_next_day
from tidegate.declared_names import require_distinct
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.moments import LONGEST_SPAN, earlier_by, require_moment
from tidegate.names import require_free_names
from tidegate.point_in_time.aggregates.result_types import require_sortable
from tidegate.schema import Field, require_declared, struct_type

TARGET_TIME = "target_time"

Horizons = tuple[timedelta, ...] | Literal["hours of the next day"] | None


@dataclass(frozen=True)
class SpineByRule:
    """The rows to predict: every entity that a feature group knows, at the times of a rule. `every` creates it.

    An entity has a row for a time if at least one row of the group is in force for it then: the row was known by that time, and
    no tombstone had withdrawn it. So an entity that becomes known later gets no earlier rows, and one whose rows were all
    withdrawn gets no later ones.

    Attributes:
        group: The feature group. It keeps every observation (`history="all"`), or its rows never change (`immutable=True`).
        times: The prediction times.
        key: The columns of the group that name an entity.
        horizons: How far after the prediction time the answers lie. Each row is then repeated for each target time, which is the
            column `target_time` and part of the key. None adds no such column.
        lookback: With a span, an entity has a row only if the event_time of one of its rows in force is later than the prediction
            time minus this span. With None, rows of any age count.

    Raises:
        DefinitionError: The group keeps only the newest observations; a column of `key` is not in the group, has a reserved
            name, or a type that can't be sorted; or a span is not longer than 0.
    """

    group: FeatureGroup
    times: LocalTimes
    key: tuple[str, ...]
    horizons: Horizons = None
    lookback: timedelta | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        where = f"a spine of feature group {self.group.name!r}"
        if self.group.history == "latest" and not self.group.immutable:
            raise DefinitionError(
                f"{where}: the group has history='latest', so it has forgotten when a row that was updated was first known. The "
                "spine would lack rows of earlier times, and nobody would see it. Define a version of the group with "
                "history='all' or, if its rows never change, with immutable=True."
            )
        if not self.key:
            raise DefinitionError(f"{where}: key is empty. Name at least one column, or leave it out for the group's own key.")
        require_declared(self.key, self.group.fields, "key", where)
        require_distinct(self.key, f"{where}: key", "name each column once")
        require_sortable(self.key, self.group.schema, f"{where}: key")
        if self.horizons is not None:
            require_free_names(self.key, where, taken=(TARGET_TIME,))
        self._require_spans(where)

    @property
    def name(self) -> str:
        """A text that names the spine in messages."""
        times = self.times
        return f"{self.group.name} every {times.period} at {times.at} {times.zone}"

    @property
    def full_name(self) -> str:
        """A text with everything that decides which rows the spine has."""
        times = self.times
        parts = [f"{self.group.full_name} every {times.period} at {times.at} {times.zone}", f"key {', '.join(self.key)}"]
        if self.horizons is not None:
            spans = self.horizons if isinstance(self.horizons, str) else ", ".join(map(str, self.horizons))
            parts.append(f"horizons {spans}")
        if self.lookback is not None:
            parts.append(f"look-back {self.lookback}")
        return "; ".join(parts)

    @property
    def entity_key(self) -> tuple[str, ...]:
        """The columns that name a row, together with its prediction time: those of `key`, and the target time if there is one."""
        return self.key if self.horizons is None else (*self.key, TARGET_TIME)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns of `entity_key`."""
        declared = {field.name: field for field in self.group.fields}
        found = tuple(declared[name] for name in self.key)
        if self.horizons is None:
            return found
        return (*found, Field(TARGET_TIME, T.TimestampType(), "The time that the prediction is about"))

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of the columns of `entity_key`."""
        return tuple(field.name for field in self.fields)

    @property
    def schema(self) -> T.StructType:
        """The Spark schema of the columns of `entity_key`."""
        return struct_type(self.fields)

    def targets(self, moment: datetime) -> Sequence[datetime]:
        """Return the target times of a prediction time; empty if the spine has none.

        Raises:
            NaiveMomentError: The prediction time has no time zone.
        """
        require_moment(moment, "the prediction time of a spine")
        if isinstance(self.horizons, tuple):
            return [earlier_by(moment, -span) for span in self.horizons]
        return [] if self.horizons is None else hours_of_next_day(moment, self.times.zone)

    def _require_spans(self, where: str) -> None:
        spans = self.horizons if isinstance(self.horizons, tuple) else ()
        if self.horizons == ():
            raise DefinitionError(f"{where}: horizons is empty. Name at least one span, or leave it out for no target time.")
        require_distinct([str(span) for span in spans], f"{where}: horizons", "name each span once")
        for role, span in (("lookback", self.lookback), *(("a horizon", span) for span in spans)):
            if span is not None and not timedelta(0) < span <= LONGEST_SPAN:
                raise DefinitionError(
                    f"{where}: {role} is {span}. Give a span longer than 0 and of at most {LONGEST_SPAN.days:,} days."
                )


def require_target_time(entity_fields: Sequence[Field], anchored: Sequence[str], where: str) -> None:
    """Raise DefinitionError if groups have windows at the target time (`anchored`), but the entity columns have none."""
    has_one = any(each.name == TARGET_TIME and isinstance(each.type, T.TimestampType) for each in entity_fields)
    if anchored and not has_one:
        raise DefinitionError(
            f"{where}: the windows of {', '.join(dict.fromkeys(anchored))} have anchor={TARGET_TIME!r}, but the spine has no "
            "target times. Declare horizons for the spine, or leave out the anchor."
        )


class Rule(TypedDict, total=False):
    """The arguments of `every` that may be left out; `SpineByRule` explains them."""

    key: tuple[str, ...]
    horizons: Horizons
    lookback: timedelta | None


def every(group: FeatureGroup, period: str, at: str, zone: str, **rule: Unpack[Rule]) -> SpineByRule:
    """Declare the rows to predict as every entity that a group knows, at local times: `every(STATIONS, "1 day", "18:00", "UTC")`.

    Args:
        group: The feature group with the entities.
        period: How often: "1 hour", "6 hours", "1 day", "3 days", "1 week".
        at: The local time, such as "18:00". For weeks it begins with the day of the week: "Monday 18:00".
        zone: Name of the time zone, such as "Europe/Warsaw". `LocalTimes` says what happens when its clocks are changed.
        rule: `key`, `horizons` and `lookback` as in `SpineByRule`. Without `key`, the entities are those of the group's own key.

    Raises:
        DefinitionError: An argument is invalid.
    """
    rule.setdefault("key", group.entity_key)
    return SpineByRule(group, LocalTimes(period, at, zone), **rule)
