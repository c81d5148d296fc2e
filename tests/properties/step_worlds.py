"""Generated worlds for steps: what two sources deliver in each run, as files, and what steps must make of it.

All worlds are in the same files and tables, each with a number of its own and ten days apart, so that one run serves them all.
A world is `kept` or `mixed`. In a kept world, rows are delivered when they become known. In a mixed world they say themselves
when they became known, and are delivered in any order, some of them twice.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2024, 1, 1, tzinfo=UTC)
ARRIVALS = START + timedelta(days=1000)
HOUR, WORLDS_APART = timedelta(hours=1), timedelta(days=10)
BEFORE, AFTER, COUNTED = 2 * HOUR, HOUR, 3 * HOUR
WAYS = ("kept", "mixed")
# A sum is not computed if this level follows it: then a row is there because another one is gone.
HIDING = 3

Event = tuple[str, int, str, datetime]


def moment_of_run(number: int) -> datetime:
    return ARRIVALS + number * HOUR


@dataclass(frozen=True)
class Row:
    """An observation of one side: an event, and from `known` on its value, or None if it is gone."""

    way: str
    world: int
    key: str
    hour: int
    value: int | None
    known: datetime

    @property
    def event(self) -> Event:
        return self.way, self.world, self.key, START + self.world * WORLDS_APART + self.hour * HOUR


@dataclass(frozen=True)
class Table:
    """One side as it is known: the values of its events, and since when; and since when other events are gone."""

    values: Mapping[Event, tuple[int, datetime]]
    gone: Mapping[Event, datetime]

    def near(self, event: Event, before: timedelta, after: timedelta) -> dict[datetime, int]:
        """Return the values of the same key around an event, by their time."""
        return {each[3]: value for each, (value, _) in self.values.items() if _is_near(each, event, before, after)}

    def known(self, event: Event, before: timedelta, after: timedelta) -> datetime:
        """Return when the newest row, or the newest end of a row, around an event became known."""
        since = {event: known for event, (_, known) in self.values.items()} | dict(self.gone)
        return max((known for each, known in since.items() if _is_near(each, event, before, after)), default=START)


def _is_near(each: Event, event: Event, before: timedelta, after: timedelta) -> bool:
    return each[:3] == event[:3] and event[3] - before <= each[3] <= event[3] + after


def table_of(observations: Iterable[Row]) -> Table:
    """Return what is known after these observations, whatever the order in which they were loaded."""
    values: dict[Event, tuple[int, datetime]] = {}
    gone: dict[Event, datetime] = {}
    for row in sorted(observations, key=lambda row: row.known):
        had = values.get(row.event)
        if row.value is None:
            if values.pop(row.event, None) is not None:
                gone[row.event] = row.known
        elif had is None or had[0] != row.value:
            values[row.event] = row.value, row.known
            gone.pop(row.event, None)
    return Table(values, gone)


@dataclass(frozen=True)
class Delivered:
    """What one run loads: rows of the left side, and full states of the right side by way, each with its moment."""

    left: Sequence[Row]
    right: Mapping[str, tuple[datetime, Sequence[Row]]]


def deliveries(seed: str, worlds: int, runs: int) -> list[Delivered]:
    """Return what each run loads."""
    draw = random.Random(seed)
    left: list[list[Row]] = [[] for _ in range(runs)]
    for world in range(worlds):
        way = WAYS[world % 2]
        made = [_changes(draw, way, world, number) for number in range(runs)]
        turns = list(range(runs))
        if way == "mixed":
            draw.shuffle(turns)
        for turn, number in enumerate(turns):
            left[turn] += made[number]
            repeated = made[draw.choice(turns[: turn + 1])]
            if way == "mixed" and draw.random() < 0.3:
                left[turn] += repeated
            elif way == "kept" and draw.random() < 0.3:
                # Delivered once more, and so known once more: it may correct what was corrected in between.
                new = {row.event for row in made[number]}
                left[turn] += [_known(row, moment_of_run(turn)) for row in repeated if row.event not in new]
    # In one more mixed world, a row of the second run became known before the row of the first run, which is counted with it.
    left[0].append(Row("mixed", worlds + 1, "a", 1, 1, moment_of_run(1)))
    left[1].append(Row("mixed", worlds + 1, "a", 4, 1, moment_of_run(0)))
    states = _states(draw, worlds, runs)
    # In one more kept world, nothing happens in the second run but that a hiding level is no longer in the full state.
    left[0].append(Row("kept", worlds, "a", 2, 1, moment_of_run(0)))
    states[0]["kept"].append(Row("kept", worlds, "a", 2, HIDING, moment_of_run(0)))
    mixed = draw.sample(range(runs), runs)
    order = {"kept": list(range(runs)), "mixed": mixed if mixed != sorted(mixed) else mixed[::-1]}
    return [
        Delivered(left[turn], {way: (moment_of_run(order[way][turn]), states[order[way][turn]][way]) for way in WAYS})
        for turn in range(runs)
    ]


def _changes(draw: random.Random, way: str, world: int, number: int) -> list[Row]:
    """Return a few rows of few events: late ones, corrections, equal ones, ends of rows that are there and of others."""
    events = sorted({(draw.choice("ab"), draw.randrange(6)) for _ in range(draw.randrange(8))})
    values = [None, None, 1, 1, 2, HIDING, HIDING]
    return [Row(way, world, key, hour, draw.choice(values), moment_of_run(number)) for key, hour in events]


def _known(row: Row, moment: datetime) -> Row:
    return Row(row.way, row.world, row.key, row.hour, row.value, moment)


def _states(draw: random.Random, worlds: int, runs: int) -> list[dict[str, list[Row]]]:
    """Return all levels of each way as they were at each moment. No state is empty."""
    held: dict[str, dict[Event, Row]] = {}
    for way, world in zip(WAYS, range(2), strict=True):
        row = Row(way, world, "z", 0, 1, START)
        held[way] = {row.event: row}
    found = []
    for number in range(runs):
        for world in range(worlds):
            for row in _changes(draw, WAYS[world % 2], world, number):
                held[row.way].pop(row.event, None)
                if row.value is not None:
                    held[row.way][row.event] = row
        found.append({way: [_known(row, moment_of_run(number)) for row in held[way].values()] for way in WAYS})
    return found


def land(folder: Path, number: int, delivered: Delivered, draw: random.Random) -> None:
    """Write the files of a run: the left rows in any order in one to three files, one of them twice, and two full states."""
    lines = [_left_line(row) for row in delivered.left]
    draw.shuffle(lines)
    count = draw.choice([1, 3])
    parts = [lines[start::count] for start in range(count)]
    for place, part in enumerate([*parts, parts[0]]):
        _write(folder / "left_files" / f"{number}-{place}.csv", "way,world,key,happened_at,value,is_gone,known_at", part)
    for way, (moment, rows) in delivered.right.items():
        lines = [f"{row.way},{row.world},{row.key},{row.event[3]:%Y-%m-%dT%H:%M:%SZ},{row.value}" for row in rows]
        _write(folder / "levels" / f"{way}-{moment:%Y%m%dT%H%M%SZ}.csv", "way,world,key,happened_at,level", lines)


def _left_line(row: Row) -> str:
    known = "" if row.way == "kept" else f"{row.known:%Y-%m-%dT%H:%M:%SZ}"
    value, is_gone = ("", "true") if row.value is None else (str(row.value), "false")
    return f"{row.way},{row.world},{row.key},{row.event[3]:%Y-%m-%dT%H:%M:%SZ},{value},{is_gone},{known}"


def _write(file: Path, header: str, lines: Iterable[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([header, *lines, ""]))


def sides(loaded: Sequence[Delivered]) -> tuple[Table, Table]:
    """Return both sides as they are known after some runs."""
    return table_of(row for each in loaded for row in each.left), table_of(_levels(loaded))


def _levels(loaded: Sequence[Delivered]) -> Iterator[Row]:
    """Return the observations that full states are: their rows, and the end of rows that the state before had."""
    for way in WAYS:
        states = sorted((each.right[way] for each in loaded), key=lambda state: state[0])
        had: dict[Event, Row] = {}
        for moment, rows in states:
            there = {row.event: row for row in rows}
            yield from there.values()
            yield from (
                Row(row.way, row.world, row.key, row.hour, None, moment) for event, row in had.items() if event not in there
            )
            had = there


def expected_sums(left: Table, right: Table) -> dict[Event, tuple[object, ...]]:
    """Return for each event the sum of the last two hours and the last level of the following hour, if that is not hiding."""
    found: dict[Event, tuple[object, ...]] = {}
    for event in left.values:
        levels = right.near(event, timedelta(0), AFTER)
        level = levels[max(levels)] if levels else None
        if level != HIDING:
            found[event] = sum(left.near(event, BEFORE, timedelta(0)).values()), level
    return found


def expected_counts(sums: Mapping[Event, tuple[object, ...]]) -> dict[Event, tuple[object, ...]]:
    """Return for each sum the number of sums of the last three hours."""
    return {event: (sum(_is_near(each, event, COUNTED, timedelta(0)) for each in sums),) for event in sums}


def spans_that_change(delivered: Sequence[Delivered], number: int, counted: timedelta) -> list[tuple[datetime, datetime]]:
    """Return the event times that a run can affect, in one span for each world, and those of rows that look back on sums."""
    before, after = sides(delivered[:number]), sides(delivered[: number + 1])
    # Rows of an older state change nothing, or are gone at once. They may be computed.
    events = {row.event for row in delivered[number].left} | {row.event for row in delivered[number].right["mixed"][1]}
    events |= {
        event for event in before[1].values.keys() | after[1].values.keys() if _value(before[1], event) != _value(after[1], event)
    }
    worlds: dict[int, list[datetime]] = {}
    for _, world, _, moment in events:
        worlds.setdefault(world, []).append(moment)
    return [(min(each) - AFTER, max(each) + BEFORE + counted) for each in worlds.values()]


def _value(table: Table, event: Event) -> int | None:
    return table.values[event][0] if event in table.values else None
