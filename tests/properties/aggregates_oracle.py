"""Aggregates at label time in plain Python over lists: slow, and obviously right.

Times are whole microseconds since 1970 UTC. The numbers in comments are those of the lines of the contract.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.properties.aggregates_values import VALUE_OPERATIONS, restored_zero, sortable

from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.windows import CalendarDays, LastRows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Condition = Callable[[Mapping[str, object]], bool | None]


@dataclass(frozen=True, eq=False)
class Observation:
    """One observation of an event; `values` has all columns but the times, the keys among them."""

    event: int
    known: int
    values: Mapping[str, object]
    sequence: int | None = None
    tombstone: bool = False


@dataclass(frozen=True)
class Group:
    """What is declared of a group and of the aggregates over it; `conditions` are the SQL conditions as Python functions."""

    entity_key: tuple[str, ...]
    key: tuple[str, ...]
    one_event_per: tuple[str, ...] = ()
    immutable: bool = False
    inclusive: bool = True
    fresh_until: int | None = None
    where: str | None = None
    conditions: Mapping[str, Condition] | None = None


@dataclass(frozen=True)
class Label:
    """A label: the values of the key, the label time, and where the windows end if that is another time."""

    key: tuple[object, ...]
    time: int | None
    anchor: int | None = None


def rows_of_label(group: Group, observations: list[Observation], label: Label) -> list[Observation]:
    """Return the rows that are in force at the label time and have the label's key, from the oldest to the newest row."""
    if label.time is None or None in label.key:
        return []
    key = sortable(label.key)
    # 8: any columns may be the key, but which rows are in force is decided before.
    return [row for row in rows_in_force(group, observations, label.time) if sortable(part(row, group.key)) == key]


def rows_in_force(group: Group, observations: list[Observation], time: int) -> list[Observation]:
    """Return the observations that are in force at a time, from the oldest to the newest row."""
    # 1: a row is known exactly at its available_at; for `exclusive` only after it.
    known = [row for row in observations if row.known < time or (row.known == time and group.inclusive)]
    known = [row for row in known if None not in part(row, group.entity_key)]
    known.sort(key=lambda row: (row.known, nulls_first(row.sequence), row.event, sortable(part(row, group.entity_key))))
    newest = {(part(row, group.entity_key), row.event): row for row in known}
    in_force = [row for row in newest.values() if not row.tombstone]
    if group.one_event_per:
        # 2: the newest known observation of what the columns name. A tombstone withdraws one place of the event only, and what is
        # replaced at the moment that it becomes known was never in force anywhere.
        last_of_moment = {(part(row, group.entity_key), row.event, row.known): id(row) for row in known}
        ever = [row for row in known if id(row) in set(last_of_moment.values()) and not row.tombstone]
        names = {part(row, group.one_event_per): row for row in ever}
        in_force = [row for row in in_force if None in (name := part(row, group.one_event_per)) or names[name] is row]
    # 6: the order of rows.
    return sorted(
        in_force, key=lambda row: (row.event, row.known, nulls_first(row.sequence), sortable(part(row, group.entity_key)))
    )


def aggregated_value(aggregate: Aggregate, group: Group, of_label: list[Observation], label: Label) -> object:
    """Return the value of an aggregate for a label, from the rows that `rows_of_label` returns for it."""
    is_count = aggregate.operation in ("count", "count_distinct")
    # 3: nobody knows about a NULL key, about no time, and after the time up to which rows are loaded.
    if label.time is None or None in label.key:
        return None
    if is_count and (group.fresh_until is None or label.time > group.fresh_until):
        return None
    rows = rows_counted(aggregate, group, of_label, label)
    if aggregate.by is not None:
        return map_by_value(aggregate, group, rows, label.time)
    if not rows:
        return 0 if is_count else None
    return operation_on(aggregate, group, rows, label.time)


def rows_counted(aggregate: Aggregate, group: Group, of_label: list[Observation], label: Label) -> list[Observation]:
    """Return which rows of a label count, from the oldest to the newest."""
    anchor = label.time if label.anchor is None else label.anchor
    rows = [row for row in of_label if in_window(aggregate, row.event, anchor)]
    for condition in (group.where, aggregate.where):
        rows = [row for row in rows if condition is None or holds(group, condition, row)]
    if isinstance(aggregate.window, LastRows):
        # 7: the newest rows after `where`, and before NULL values are skipped.
        rows = rows[-aggregate.window.rows :]
    # 5: `first` and `last` may take NULL values.
    needed = (aggregate.column if aggregate.skip_null else None, aggregate.by)
    return [row for row in rows if all(name is None or row.values[name] is not None for name in needed)]


def in_window(aggregate: Aggregate, event: int, anchor: int) -> bool:
    if aggregate.ahead is not None:
        return anchor < event <= anchor + micros(aggregate.ahead)
    end = anchor - micros(aggregate.offset)
    if isinstance(aggregate.window, CalendarDays):
        zone = ZoneInfo(aggregate.window.zone)
        day = (EPOCH + event * MICROSECOND).astimezone(zone).date()
        return end_of_day(day, zone) <= end < end_of_day(day + timedelta(days=aggregate.window.days), zone)
    if isinstance(aggregate.window, timedelta):
        return end - micros(aggregate.window) < event <= end
    return event <= end


def end_of_day(day: date, zone: ZoneInfo) -> int:
    """Return the midnight after which a local day doesn't come back; if the clock jumps over midnight, the moment of the jump."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)
    first, second = (midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    # The clock shows this midnight twice. Between the two it is still the next day, or it has become the old day again.
    comes_back = second > first and (second - MICROSECOND).astimezone(zone).date() == day
    return ((second if comes_back else first) - EPOCH) // MICROSECOND


def map_by_value(aggregate: Aggregate, group: Group, rows: list[Observation], time: int) -> object:
    """Return the entries of the map, in the order of the values."""
    split: dict[object, list[Observation]] = {}
    for row in rows:
        split.setdefault(sortable(row.values[aggregate.by]), []).append(row)
    if not split:
        return [] if aggregate.operation in ("count", "count_distinct") else None
    kept = sorted(split, key=lambda value: (-len(split[value]), value))[: aggregate.most]
    return [
        (restored_zero(split[value][0].values[aggregate.by]), operation_on(aggregate, group, split[value], time))
        for value in sorted(kept)
    ]


def operation_on(aggregate: Aggregate, group: Group, rows: list[Observation], time: int) -> object:
    """Apply an operation to at least one row."""
    operation = aggregate.operation
    if operation == "count":
        return len(rows)
    if operation == "share":
        return sum(holds(group, aggregate.condition, row) for row in rows) / len(rows)
    if operation == "time_since_last":
        return (time - max(row.event for row in rows)) / 1_000_000
    values = [row.values[aggregate.column] for row in rows]
    if operation in ("first", "last"):
        in_order = values if operation == "first" else values[::-1]
        return in_order[0] if aggregate.n is None else in_order[: aggregate.n]
    return VALUE_OPERATIONS[operation](values)


def holds(group: Group, condition: str | None, row: Observation) -> bool:
    # NULL is not true.
    return (group.conditions or {})[condition or ""](row.values) is True


def part(row: Observation, names: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(row.values[name] for name in names)


def micros(span: timedelta) -> int:
    return span // MICROSECOND


def nulls_first(value: object) -> tuple[object, ...]:
    return (0,) if value is None else (1, value)
