"""Which of the inputs that break aggregates a generated world has, so that a report can count them."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from tests.properties.aggregates_oracle import EPOCH, MICROSECOND, Label, Observation, end_of_day, part
from tests.properties.aggregates_values import sortable
from tests.properties.aggregates_worlds import DAY, YEAR, Setting, World

from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.windows import CalendarDays, LastRows

SECOND = 1_000_000


def classes_of(setting: Setting, worlds: Sequence[World]) -> Counter[str]:
    """Return for each class how many of the worlds have it."""
    declared = {name for name, holds in OF_AGGREGATES.items() if any(map(holds, setting.aggregates))}
    declared |= {name for name, holds in OF_SETTINGS.items() if holds(setting)}
    found = Counter[str]()
    for world in worlds:
        found.update(declared)
        found.update(name for name, holds in OF_WORLDS.items() if holds(setting, world))
    return found


def _delays(world: World) -> Iterator[int]:
    return (row.known - row.event for row in world.rows)


def _histories(setting: Setting, world: World) -> Iterator[list[Observation]]:
    """Return the observations of each event, in the order in which they became known."""
    found: dict[object, list[Observation]] = {}
    for row in sorted(world.rows, key=lambda row: (row.known, row.sequence or 0)):
        entity = part(row, setting.group.entity_key)
        if None not in entity:
            found.setdefault((entity, row.event), []).append(row)
    return iter(found.values())


def _keys_change(setting: Setting, world: World) -> bool:
    keys = [[part(row, setting.group.key) for row in history if not row.tombstone] for history in _histories(setting, world)]
    return any(sortable(before) != sortable(after) for history in keys for before, after in pairwise(history))


def _moves(setting: Setting, world: World, between_entities: bool) -> bool:
    names, entity_key = setting.group.one_event_per, setting.group.entity_key
    places: dict[object, set[object]] = {}
    for row in world.rows if names else ():
        name, entity = part(row, names), part(row, entity_key)
        if None not in (*name, *entity) and not row.tombstone:
            places.setdefault(name, set()).add(entity if between_entities else (entity, row.event))
    return any(len(found) > 1 for found in places.values())


def _ties(setting: Setting, world: World, at: Callable[[Observation], object]) -> bool:
    """Return whether two entities have rows with the same key that are equal in something."""
    found = {(sortable(part(row, setting.group.key)), at(row), part(row, setting.group.entity_key)) for row in world.rows}
    return len({each[:2] for each in found}) < len(found)


def _values(world: World, *names: str) -> list:
    return [row.values[name] for row in world.rows for name in names if row.values[name] is not None]


def _doubles(world: World) -> list[float]:
    return _values(world, "x")


def _wide(world: World) -> bool:
    sizes = [abs(each) for each in _doubles(world) if each and math.isfinite(each)]
    return bool(sizes) and max(sizes) / min(sizes) >= 1e16


def _both_zeros(world: World) -> bool:
    return {math.copysign(1, each) for each in _doubles(world) if each == 0} == {1.0, -1.0}


def _of_label(setting: Setting, world: World, label: Label) -> list[Observation]:
    return [row for row in world.rows if sortable(part(row, setting.group.key)) == sortable(label.key)]


def _empty(setting: Setting, world: World) -> bool:
    return any(None not in label.key and not _of_label(setting, world, label) for label in world.labels)


def _skewed(setting: Setting, world: World) -> bool:
    keys = Counter(sortable(part(row, setting.group.key)) for row in world.rows)
    return len(world.rows) >= 8 and max(keys.values()) * 2 >= len(world.rows)


def _clock_change(setting: Setting, world: World) -> bool:
    """Return whether a row lies on a local day of a declared zone that does not have 24 hours, or that is left out after it."""
    zones = {each.window.zone for each in setting.aggregates if isinstance(each.window, CalendarDays)}
    return any(_odd_day(row.event, ZoneInfo(name)) for name in zones for row in world.rows)


def _odd_day(event: int, zone: ZoneInfo) -> bool:
    day = (EPOCH + event * MICROSECOND).astimezone(zone).date()
    if not 3 < day.toordinal() < 3_600_000:
        return False
    ends = [end_of_day(day + timedelta(days=shift), zone) for shift in (-1, 0, 1)]
    return any(after - before != DAY for before, after in pairwise(ends))


def _known_at_label(setting: Setting, world: World) -> bool:
    return any(row.known == label.time for label in world.labels for row in _of_label(setting, world, label))


def _edge(setting: Setting, world: World) -> bool:
    """Return whether the window of a label begins or ends exactly at a row."""
    times = {label.time if label.anchor is None else label.anchor for label in world.labels if label.time is not None}
    spans = {each.offset // MICROSECOND for each in setting.aggregates if each.ahead is None}
    spans |= {(each.offset + each.window) // MICROSECOND for each in setting.aggregates if isinstance(each.window, timedelta)}
    return any(row.event + span in times for row in world.rows for span in spans)


def _later_than_loaded(setting: Setting, world: World) -> bool:
    fresh = setting.group.fresh_until
    return fresh is not None and any(label.time is not None and label.time > fresh for label in world.labels)


def _span(low: timedelta, high: timedelta) -> Callable[[Aggregate], bool]:
    return lambda each: isinstance(each.window, timedelta) and low <= each.window <= high


OF_AGGREGATES: Mapping[str, Callable[[Aggregate], bool]] = {
    "window of 1 microsecond": _span(MICROSECOND, MICROSECOND),
    "window of up to an hour": _span(2 * MICROSECOND, timedelta(hours=1)),
    "window of hours to days": _span(timedelta(hours=1, microseconds=1), timedelta(days=99)),
    "window of years": _span(timedelta(days=100), timedelta.max),
    "window: the whole history": lambda each: each.window is None and each.ahead is None,
    "window of rows": lambda each: isinstance(each.window, LastRows),
    "window of calendar days": lambda each: isinstance(each.window, CalendarDays),
    "window ahead: planned events": lambda each: each.ahead is not None,
    "offset": lambda each: bool(each.offset),
    "map by a value": lambda each: each.by is not None,
    "map that may be capped": lambda each: each.by is not None and each.most < 100,
    "skip_null=False": lambda each: not each.skip_null,
}
OF_SETTINGS: Mapping[str, Callable[[Setting], bool]] = {
    "key of several columns": lambda setting: len(setting.group.key) > 1,
    "key without the entity key": lambda setting: not set(setting.group.entity_key) <= set(setting.group.key),
    "key of floats": lambda setting: "single" in setting.group.key,
    "boundary exclusive": lambda setting: not setting.group.inclusive,
    "immutable events": lambda setting: setting.group.immutable,
    "windows at another time than the label time": lambda setting: setting.anchored,
    "no available_at, only a delay": lambda setting: setting.delay is not None,
    "never loaded": lambda setting: setting.group.fresh_until is None,
}
OF_WORLDS: Mapping[str, Callable[[Setting, World], bool]] = {
    "late by a microsecond": lambda _, world: 1 in _delays(world),
    "late by up to a second": lambda _, world: any(0 < each <= SECOND for each in _delays(world)),
    "late by up to a day": lambda _, world: any(SECOND < each <= DAY for each in _delays(world)),
    "late by up to a year": lambda _, world: any(DAY < each <= YEAR for each in _delays(world)),
    "late by years": lambda _, world: any(each > YEAR for each in _delays(world)),
    "known before it happens": lambda _, world: any(each < 0 for each in _delays(world)),
    "correction": lambda *of: any(len(history) > 1 for history in _histories(*of)),
    "correction of a correction": lambda *of: any(len(history) > 2 for history in _histories(*of)),
    "correction of a key column": _keys_change,
    "tombstone": lambda *of: any(row.tombstone for row in of[1].rows),
    "event that comes back after a tombstone": lambda *of: any(
        before.tombstone and not after.tombstone for history in _histories(*of) for before, after in pairwise(history)
    ),
    "observations ordered by the sequence alone": lambda *of: any(
        before.known == after.known for history in _histories(*of) for before, after in pairwise(history)
    ),
    "event that moves": lambda *of: _moves(*of, between_entities=False),
    "event that moves to another entity": lambda *of: _moves(*of, between_entities=True),
    "tie of event_time": lambda *of: _ties(*of, at=lambda row: row.event),
    "tie of all but the entity key": lambda *of: _ties(*of, at=lambda row: (row.event, row.known, row.sequence)),
    "NULL in a key of rows": lambda setting, world: any(None in part(row, setting.group.key) for row in world.rows),
    "NULL in the entity key": lambda setting, world: any(None in part(row, setting.group.entity_key) for row in world.rows),
    "NULL in a key of labels": lambda _, world: any(None in label.key for label in world.labels),
    "label without a time": lambda _, world: any(label.time is None for label in world.labels),
    "NULL in a number": lambda _, world: any(row.values["x"] is None for row in world.rows),
    "NaN": lambda _, world: any(map(math.isnan, _doubles(world))),
    "infinity": lambda _, world: any(map(math.isinf, _doubles(world))),
    "both infinities": lambda _, world: {math.inf, -math.inf} <= set(_doubles(world)),
    "0.0 and -0.0": lambda _, world: _both_zeros(world),
    "1e16 and 1, or further apart": lambda _, world: _wide(world),
    "largest and smallest doubles": lambda _, world: any(
        abs(each) >= 1e308 or 0 < abs(each) < 1e-307 for each in _doubles(world)
    ),
    "whole numbers beyond 2**53": lambda _, world: any(abs(each) > 2**53 for each in _values(world, "whole")),
    "decimals": lambda _, world: bool(_values(world, "money", "wide")),
    "decimals of more than 18 digits": lambda _, world: any(len(each.as_tuple().digits) > 18 for each in _values(world, "wide")),
    "label of an empty entity": _empty,
    "entity with half of 8 rows or more": _skewed,
    "no row at all": lambda _, world: not world.rows,
    "calendar days beside a clock change": _clock_change,
    "row known exactly at a label time": _known_at_label,
    "row exactly at an end of a window": _edge,
    "label later than the group is loaded": _later_than_loaded,
    "times before 1970": lambda _, world: any(row.event < 0 for row in world.rows),
    "times near the end of the calendar": lambda _, world: any(row.event > 7900 * YEAR for row in world.rows),
}
# What a join of several groups has.
OTHER_LOADS = "groups with different loaded_until in one join"
ALL = (*OF_WORLDS, *OF_SETTINGS, *OF_AGGREGATES)
