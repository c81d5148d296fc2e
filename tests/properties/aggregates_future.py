"""Labels from the future in plain Python: their values as known by a moment, and when these changed last."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from tests.properties.aggregates_declared import ONLY_TAKEN
from tests.properties.aggregates_oracle import (
    MICROSECOND,
    Group,
    Label,
    Observation,
    aggregated_value,
    holds,
    part,
    rows_counted,
    rows_in_force,
)
from tests.properties.aggregates_values import sortable
from tests.properties.aggregates_worlds import Setting, World

from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.native.future import Maturity

# In microseconds; later than the whole calendar.
ALWAYS = 1 << 61


@dataclass(frozen=True)
class Future:
    """Targets over the events after the label time, the labels, and the moment at which they are used."""

    setting: Setting
    worlds: list[World]
    maturity: Maturity


@dataclass(frozen=True)
class Answer:
    """What is right for one label.

    Attributes:
        values: The value of each target.
        known_at: When the last of the values became known; None without a label time.
        latest: The latest moment that may be returned as `known_at`. It is later where a repeated observation counts as a
            change: for first and last values if entities share a key and an event_time, and for arrays.
    """

    values: tuple[object, ...]
    known_at: int | None
    latest: int | None


def drawn_future(setting: Setting, worlds: Sequence[World], seed: object) -> Future:
    """Turn aggregates into targets: all windows become one after the label time, or after the anchor where there is one."""
    draw = random.Random(f"future {seed}")
    horizon = draw.choice([1, 1, 3, 1000]) * setting.unit * MICROSECOND
    nothing = timedelta(0)
    # Often a single one: it shows best when its value changed.
    chosen = draw.sample(setting.aggregates, draw.choice([1, 1, 1, 2, len(setting.aggregates)]))
    targets = tuple(replace(each, window=None, offset=nothing, ahead=horizon) for each in chosen)
    group = replace(setting.group, inclusive=True, fresh_until=ALWAYS)
    moved = [
        World([Label(each.key, each.time if each.anchor is None else each.anchor) for each in world.labels], world.rows)
        for world in worlds
    ]
    times = [label.time for world in moved for label in world.labels if label.time is not None]
    known = [row.known for world in moved for row in world.rows]
    known_by = draw.choice([*times, *known, 0]) + draw.choice([-1, 0, 0, draw.choice([1, 5, 1000]) * setting.unit])
    after = horizon // MICROSECOND + draw.choice([0, 1, setting.unit])
    return Future(replace(setting, group=group, aggregates=targets, anchored=False), moved, Maturity(known_by, after))


def expected_answers(future: Future) -> list[Answer]:
    """Return what is right for each label, in order."""
    return [answer for world in future.worlds for answer in _of_world(future, world)]


def _of_world(future: Future, world: World) -> list[Answer]:
    group, known_by = future.setting.group, future.maturity.known_by
    moments = sorted({row.known for row in world.rows if row.known <= known_by})
    states = {moment: rows_in_force(group, world.rows, moment) for moment in moments}
    # Only where two entities share a key and a time is the order of rows another one after an observation is repeated.
    places = {(sortable(part(row, group.key)), row.event, part(row, group.entity_key)) for row in world.rows}
    is_tied = len({place[:2] for place in places}) < len(places)
    return [_answer(future, states, label, is_tied) for label in world.labels]


def _answer(future: Future, states: dict[int, list[Observation]], label: Label, is_tied: bool) -> Answer:
    setting = future.setting
    if label.time is None or None in label.key:
        mature = None if label.time is None else label.time + future.maturity.after
        return Answer(tuple(None for _ in setting.aggregates), mature, mature)
    key = sortable(label.key)
    of_key = {m: [row for row in rows if sortable(part(row, setting.group.key)) == key] for m, rows in states.items()}
    newest = of_key[max(of_key)] if of_key else []
    values = tuple(aggregated_value(each, setting.group, newest, label) for each in setting.aggregates)
    known_at = latest = label.time + future.maturity.after
    for each in setting.aggregates:
        before: tuple[object, object] = ([], [])
        for moment, rows in of_key.items():
            counted = rows_counted(each, setting.group, rows, label)
            read = [(row.event, *_read(each, setting.group, row)) for row in counted]
            is_ordered = each.operation in ("first", "last")
            repeats = is_ordered and (is_tied or each.column in ONLY_TAKEN)
            now = (read if is_ordered else sorted(read, key=repr), [(row.event, row.known) for row in counted])
            known_at = max(known_at, moment) if now[0] != before[0] else known_at
            latest = max(latest, moment) if repeats and now != before else latest
            before = now
    return Answer(values, known_at, max(known_at, latest))


def _read(aggregate: Aggregate, group: Group, row: Observation) -> tuple[object, ...]:
    """Return what a target reads of a row; only `first` and `last` read lists."""
    column = None if aggregate.operation in ("count", "time_since_last") else aggregate.column
    read = [sortable(row.values[name]) for name in (column, aggregate.by) if name is not None]
    return (*read, holds(group, aggregate.condition, row)) if aggregate.condition is not None else tuple(read)
