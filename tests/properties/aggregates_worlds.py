"""Random small worlds for aggregates: labels and observations full of what breaks counts, under one setting of declarations."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.properties.aggregates_declared import CONDITIONS, drawn_aggregates
from tests.properties.aggregates_oracle import EPOCH, MICROSECOND, Group, Label, Observation, end_of_day, micros, part

from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.windows import CalendarDays

DAY = 86_400_000_000
YEAR = 365 * DAY
# Changes of the clock: in the night, at midnight by an hour, by half an hour, a whole day that is left out; and times far away.
STARTS = tuple(
    (datetime.fromisoformat(text) - EPOCH) // MICROSECOND
    for text in (
        "2024-03-10T02:00+00:00",
        "2024-11-03T03:00+00:00",
        "2018-11-04T00:00+00:00",
        "2018-02-17T22:00+00:00",
        "2024-03-30T22:00+00:00",
        "2024-10-26T20:00+00:00",
        "2024-04-06T13:00+00:00",
        "2011-12-29T22:00+00:00",
        "2005-10-30T00:00+00:00",
        "1969-12-31T20:00+00:00",
        "0006-01-01T00:00+00:00",
        "9950-12-31T00:00+00:00",
    )
)
FIRST_LABEL = (datetime(1, 1, 3, tzinfo=UTC) - EPOCH) // MICROSECOND
FIRST_WALL = datetime.fromisoformat("0001-01-01T00:00")
WORDS = ("1", "11", "a")
DOUBLES = {
    "plain": (0.1, 0.2, 0.3, 1.5, -2.75, 1 / 3, None),
    "wide": (1e16, 1.0, -1e16, 3.0, 1e-16, 0.1, None),
    "extreme": (5e-324, 1e308, -1e308, 1.7e308, 1.0, 2.0**-1022, 2.0**970),
    "halfway": (1.0, 2.0**-53, 2.0**-106, -(2.0**-106), 2.0**-52, 2.0**53, 2.0**-1074),
    "zeros": (0.0, -0.0, 1.0, -0.0, None),
    "special": (math.nan, math.inf, -math.inf, 1.0, 0.5, None),
    "near": (1e9, 1e9 + 1e-6, 1e9 - 2e-6, 1e9 + 3.0),
    "nothing": (None,),
}


@dataclass(frozen=True)
class Setting:
    """What many worlds share: the declarations over one group. Times are near `start`, on a grid of `unit` microseconds.

    With `delay`, the rows don't say when they became known: so many microseconds after their event_time.
    """

    group: Group
    start: int
    aggregates: tuple[Aggregate, ...]
    unit: int
    sequence: bool
    anchored: bool
    delay: int | None = None


@dataclass(frozen=True)
class World:
    """Labels and observations that have nothing to do with those of another world."""

    labels: list[Label]
    rows: list[Observation]


def drawn_setting(seed: int, count: int = 12, like: "Setting | None" = None) -> Setting:
    """Draw the declarations by a seed.

    Args:
        seed: The seed.
        count: How many aggregates.
        like: Another setting, which may have the same worlds: its times are on the same grid.
    """
    draw = random.Random(f"setting {seed}")
    unit = draw.choice([1, 1_000_000, 3_600_000_000, 3_600_000_000, DAY, 300 * DAY]) if like is None else like.unit
    entity_key = draw.choice([("word", "number"), ("word",), ("number", "word")])
    key = draw.choice([entity_key, entity_key, ("word",), ("kind",), ("kind", "number"), ("number", "word", "kind"), ("single",)])
    group = Group(
        entity_key=entity_key,
        key=key,
        one_event_per=draw.choice([(), (), (), ("flight",), ("flight", "kind"), ("word", "number", "flight")]),
        immutable=draw.random() < 0.15,
        inclusive=draw.random() < 0.6,
        where=draw.choice([None, None, *CONDITIONS]),
        conditions=CONDITIONS,
    )
    aggregates = drawn_aggregates(draw, unit, count)
    start = draw.choice(STARTS) if like is None else like.start
    return Setting(group, start, aggregates, unit, sequence=draw.random() < 0.5, anchored=draw.random() < 0.3)


def drawn_worlds(
    setting: Setting, seed: int, count: int, most_rows: int = 14, most_labels: int = 6
) -> tuple[Setting, list[World]]:
    """Draw worlds by a seed, and return the setting with a time up to which their rows are loaded."""
    worlds = [_world(setting, random.Random(f"world {seed} {number}"), most_rows, most_labels) for number in range(count)]
    draw = random.Random(f"loaded {seed}")
    times = [label.time for world in worlds for label in world.labels if label.time is not None]
    fresh_until = draw.choice([None, *[max(times, default=0)] * 10, *[draw.choice(times or [0]) + draw.choice([0, -1])] * 9])
    return replace(setting, group=replace(setting.group, fresh_until=fresh_until)), worlds


def _world(setting: Setting, draw: random.Random, most_rows: int, most_labels: int) -> World:
    # A few worlds are at other times, so that the times of all worlds span thousands of years.
    setting = setting if draw.random() < 0.9 else replace(setting, start=draw.choice(STARTS))
    rows = _rows(setting, draw, draw.randint(0, most_rows))
    return World([_label(setting, draw, rows) for _ in range(draw.randint(1, most_labels))], rows)


def _rows(setting: Setting, draw: random.Random, count: int) -> list[Observation]:
    value, moment = _values(draw), _moments(setting, draw)
    corrected, gone, hot = draw.choice([0, 0.3, 0.7]), draw.choice([0, 0, 0.2, 0.5]), draw.choice([0, 0.5, 1])
    rows: list[Observation] = []
    for _ in range(count):
        earlier = draw.choice(rows) if rows and draw.random() < corrected else None
        values, event = value(hot), moment()
        if earlier is not None:
            event = earlier.event
            kept = setting.group.entity_key if draw.random() < 0.5 else [name for name in values if draw.random() < 0.8]
            values = {**values, **{name: earlier.values[name] for name in (*kept, *setting.group.entity_key)}}
        unit = setting.unit
        late = draw.choice([0, 0, 1, unit, 2 * unit, 5 * unit, 3 * YEAR, -1, -unit, -3 * unit])
        known = event + late if earlier is None or draw.random() < 0.5 else earlier.known + draw.choice([0, 1, abs(late)])
        rows.append(Observation(event, known, values, draw.choice([None, 1, 2, 3]), draw.random() < gone))
    return seen_by(setting, rows)


def seen_by(setting: Setting, rows: list[Observation]) -> list[Observation]:
    """Return those of the rows that a group with these declarations can have."""
    immutable, seen = setting.group.immutable, dict[object, Observation]()
    for row in rows:
        if immutable and row.tombstone:
            continue
        sequence = row.sequence if setting.sequence else None
        known = row.known if setting.delay is None else row.event + setting.delay
        # Two observations that nothing orders are an error, and an immutable event is there once.
        named = () if immutable else (known, sequence)
        seen[part(row, setting.group.entity_key), row.event, *named] = replace(row, known=known, sequence=sequence)
    return list(seen.values())


def _values(draw: random.Random) -> Callable[[float], dict[str, object]]:
    doubles = DOUBLES[draw.choice(["plain", "wide", "extreme", "halfway", "zeros", "special", "near", "nothing"])]
    wholes = draw.choice([(1, 2, 3, None), (10**17, -(10**17), 1, 2**53 + 1), (0, None), (7,)])
    scale = draw.choice([1, 10**9])

    def values(hot: float) -> dict[str, object]:
        hit = draw.random() < hot
        return {
            "word": "11" if hit else draw.choice(WORDS) if draw.random() < 0.97 else None,
            "number": 1 if hit else draw.choice([1, 11]) if draw.random() < 0.97 else None,
            "kind": "a" if hit else draw.choice(["a", "b", "a", None]),
            "flight": draw.choice([1, 2, 2, None]),
            "x": draw.choice(doubles) if draw.random() < 0.9 else draw.gauss(0, 100),
            "single": draw.choice([0.5, -0.0, 0.0, 1.25, math.nan, -math.inf, None]) if draw.random() < 0.3 else 0.75,
            "whole": draw.choice(wholes),
            "small": draw.choice([1, -1, 2**31 - 1, None]),
            "money": draw.choice([None, Decimal(draw.randint(-999, 999) * scale).scaleb(-2)]),
            "wide": draw.choice([None, Decimal(draw.randint(-(10**34), 10**34)).scaleb(-10), Decimal(1).scaleb(-10)]),
            "text": draw.choice(["", "a", "ä", "aa", "𝄞", "\uffff", None]),
            "at": datetime(2020, 1, 1, tzinfo=UTC) + draw.randint(-2, 2) * MICROSECOND if draw.random() < 0.8 else None,
            "day": draw.choice([date(1969, 12, 31), date(2020, 2, 29), None]),
            "yes": draw.choice([True, False, None]),
            "tiny": draw.choice([127, -128, None]),
            "bytes": draw.choice([b"", b"\x00", b"\xff", b"\x00\x01", None]),
            "wall": FIRST_WALL + draw.randint(0, 2) * MICROSECOND if draw.random() < 0.8 else None,
            "list": draw.choice([[], [1, None], [2], None]),
        }

    return values


def _moments(setting: Setting, draw: random.Random) -> Callable[[], int]:
    grid = draw.choice([3, 8, 20])
    return lambda: setting.start + draw.randint(0, grid) * setting.unit + draw.choice([0, 0, 0, 1, -1])


def _label(setting: Setting, draw: random.Random, rows: list[Observation]) -> Label:
    like = draw.choice(rows).values if rows and draw.random() < 0.9 else _values(draw)(0)
    key = tuple(like[name] for name in setting.group.key)
    if draw.random() < 0.03:
        key = (None, *key[1:])
    lead = draw.choice([0, 1, setting.unit, -setting.unit, 3 * setting.unit, DAY]) if setting.anchored else 0
    if draw.random() < 0.04:
        return Label(key, None, 5 if setting.anchored else None)
    time = _edge(setting, draw, rows, lead) if rows and draw.random() < 0.8 else _moments(setting, draw)()
    # A planned event of an early year can count long before the calendar begins.
    time = max(time, FIRST_LABEL)
    return Label(key, time, time + lead if setting.anchored else None)


def _edge(setting: Setting, draw: random.Random, rows: list[Observation], lead: int) -> int:
    """Return a time at which something changes, or that is a microsecond before or after it."""
    row, near = draw.choice(rows), draw.choice([-1, 0, 0, 1])
    if draw.random() < 0.35:
        return row.known + near
    aggregate = draw.choice(setting.aggregates)
    if aggregate.ahead is not None:
        return row.event - draw.choice([0, micros(aggregate.ahead)]) - lead + near
    edge = row.event
    if isinstance(aggregate.window, CalendarDays):
        zone = ZoneInfo(aggregate.window.zone)
        local = (EPOCH + row.event * MICROSECOND).astimezone(zone).date()
        edge = end_of_day(local + timedelta(days=draw.choice([0, aggregate.window.days])), zone)
    elif isinstance(aggregate.window, timedelta):
        edge += draw.choice([0, micros(aggregate.window)])
    return edge + micros(aggregate.offset) - lead + near
