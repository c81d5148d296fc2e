"""Labels from the future equal an oracle in plain Python: the values as known by a moment, and when each became known."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

import pyarrow as pa
import pytest

from tidegate.point_in_time.aggregates import operations as aggregate
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.native.forces import FOREVER, rows_in_force
from tidegate.point_in_time.aggregates.native.future import Maturity, future_labels
from tidegate.point_in_time.aggregates.native.specification import NativeAggregates, NativeFeature
from tidegate.point_in_time.native.chosen_rows import Moments

HORIZON, DELAY, KNOWN_BY = 10, 5, 40
WORLDS = 1500
MICRO = timedelta(microseconds=1)


class Row(NamedTuple):
    """One observation; times are microseconds since 1970."""

    world: int
    entity: str
    key: str | None
    event: int
    known: int
    sequence: int
    value: int | None
    kind: str
    late: bool
    gone: bool


class Target(NamedTuple):
    """A declared target, and the oracle's function of the rows that count, oldest first."""

    aggregate: Aggregate
    type: pa.DataType
    of: Callable[[Sequence[Row]], object]
    read: Callable[[Row], object]
    ordered: bool = False


def values(rows: Sequence[Row]) -> list[int]:
    return [row.value for row in rows if row.value is not None]


def by_kind(rows: Sequence[Row]) -> object:
    found: dict[str, int] = {}
    for row in rows:
        found[row.kind] = found.get(row.kind, 0) + 1
    return sorted(found.items())


AHEAD = {"ahead": HORIZON * MICRO}
INT, DOUBLE = pa.int64(), pa.float64()
TARGETS = {
    "rows": Target(aggregate.count(**AHEAD), INT, len, lambda row: ()),
    "late": Target(
        aggregate.count(where="late", **AHEAD),
        INT,
        lambda rows: sum(row.late for row in rows),
        lambda row: row.late or None,
    ),
    "sum": Target(
        aggregate.sum_of("value", **AHEAD), INT, lambda rows: sum(values(rows)) if values(rows) else None, lambda r: r.value
    ),
    "max": Target(aggregate.maximum("value", **AHEAD), INT, lambda rows: max(values(rows), default=None), lambda r: r.value),
    "share": Target(
        aggregate.share("late", **AHEAD),
        DOUBLE,
        lambda rows: sum(row.late for row in rows) / len(rows) if rows else None,
        lambda row: (row.late,),
    ),
    "last": Target(
        aggregate.last("value", **AHEAD), INT, lambda rows: (values(rows) or [None])[-1], lambda row: row.value, ordered=True
    ),
    "first, NULL too": Target(
        aggregate.first("value", skip_null=False, **AHEAD),
        INT,
        lambda rows: rows[0].value if rows else None,
        lambda row: (row.value,),
        ordered=True,
    ),
    "kinds": Target(aggregate.count(by="kind", **AHEAD), pa.map_(pa.string(), INT), by_kind, lambda row: row.kind),
}


def world(number: int) -> tuple[list[tuple[int, str | None, int | None]], list[Row]]:
    draw = random.Random(number)
    labels = [(number, draw.choice(["x", "x", "y", None]), draw.choice([None, *range(8, 26)])) for _ in range(draw.randint(1, 3))]
    rows: dict[tuple[object, ...], Row] = {}
    for place in range(draw.randint(0, 8)):
        event = draw.choice(
            [draw.randint(5, 40), *[t + step for _, _, t in labels if t for step in (0, 1, HORIZON, HORIZON + 1)]]
        )
        known = draw.choice([event + draw.randint(-2, 20), KNOWN_BY, KNOWN_BY + 1, draw.randint(1, 45)])
        content = (draw.choice([1, 2, 2, None]), draw.choice("mn"), draw.random() < 0.4)
        if rows and draw.random() < 0.5:
            # An event is observed again: with equal values, with others, or withdrawn.
            old = draw.choice(list(rows.values()))
            same = draw.random() < 0.4
            key = old.key if same or draw.random() < 0.6 else draw.choice(["x", "y", None])
            value, kind, late = old[6:9] if same else content
            row = Row(number, old.entity, key, old.event, known, place, value, kind, late, not same and draw.random() < 0.3)
        elif rows and draw.random() < 0.5:
            # Another entity has an event at the same time.
            old = draw.choice(list(rows.values()))
            row = Row(number, draw.choice("abc"), old.key, old.event, known, place, *content, gone=False)
        else:
            value, kind, late = content
            row = Row(number, draw.choice("abc"), draw.choice("xy"), event, known, place, value, kind, late, draw.random() < 0.1)
        rows[row.entity, row.event, row.known, row.sequence] = row
    return labels, list(rows.values())


def in_window(rows: Sequence[Row], label: tuple[int, str | None, int | None], known_by: int) -> list[Row]:
    """The rows that count for a label as known by a moment, oldest first."""
    newest: dict[tuple[str, int], Row] = {}
    for row in sorted(rows, key=lambda each: (each.known, each.sequence)):
        if row.known <= known_by:
            newest[row.entity, row.event] = row
    _, key, time = label
    counting = [
        row
        for row in newest.values()
        if not row.gone and key is not None and time is not None and row.key == key and time < row.event <= time + HORIZON
    ]
    return sorted(counting, key=lambda each: (each.event, each.known, each.sequence, each.entity))


def changed_at(rows: Sequence[Row], label: tuple[int, str | None, int | None], target: Target) -> int:
    """The last moment at which what the target reads is other than just before; 0 if there is none."""

    def read(known_by: int) -> object:
        found = [(row.event, target.read(row)) for row in in_window(rows, label, known_by) if target.read(row) is not None]
        return found if target.ordered else sorted(found, key=repr)

    return max((m for m in {row.known for row in rows} if m <= KNOWN_BY and read(m) != read(m - 1)), default=0)


def tables(worlds: Sequence[tuple[list[tuple[int, str | None, int | None]], list[Row]]]) -> tuple[pa.Table, pa.Table]:
    asked = [label for labels, _ in worlds for label in labels]
    rows = [row for _, given in worlds for row in given]
    moment = pa.timestamp("us", "UTC")
    labels = {"world": pa.int32(), "key": pa.string(), "t": moment}
    columns = {
        "world": pa.int32(), "entity": pa.string(), "key": pa.string(), "event_time": moment, "available_at": moment,
        "sequence": pa.int32(), "value": INT, "kind": pa.string(), "late": pa.bool_(), "_tombstone": pa.bool_(),
    }  # fmt: skip
    return tuple(
        pa.table(
            [pa.array([each[place] for each in given], kind) for place, kind in enumerate(kinds.values())], names=list(kinds)
        )
        for given, kinds in ((asked, labels), (rows, columns))
    )


def specification(targets: dict[str, Target]) -> NativeAggregates:
    features = [
        NativeFeature(
            name, target.aggregate, target.type, "late" if target.aggregate.where else None, "late" if name == "share" else None
        )
        for name, target in targets.items()
    ]
    return NativeAggregates("flights", ("world", "key"), ("world", "entity"), (), "sequence", True, 0, FOREVER, tuple(features))


@pytest.mark.parametrize("name", TARGETS)
def test_values_and_moments_equal_the_oracle(name: str) -> None:
    target, worlds = TARGETS[name], [world(number) for number in range(WORLDS)]
    labels, rows = tables(worlds)
    native = specification({name: target})
    found, known_at = future_labels(
        native, labels, Moments(labels.column("t")), rows_in_force(native, rows), Maturity(KNOWN_BY, HORIZON + DELAY)
    )
    results = found[name].to_pylist()
    place, later = 0, 0
    for asked, given in worlds:
        for label in asked:
            if None in label:
                place += 1
                continue
            counted = in_window(given, label, KNOWN_BY)
            result = sorted(results[place]) if isinstance(results[place], list) else results[place]
            assert result == target.of(counted)
            moment = max(changed_at(given, label, target), label[2] + HORIZON + DELAY)
            tied = len({(row.key, row.event) for row in given}) < len({(row.entity, row.key, row.event) for row in given})
            # Where entities share an event_time, a row that is observed again may change places with another one.
            assert known_at[place] == moment or (target.ordered and tied and known_at[place] > moment), (label, given)
            later += moment > label[2] + HORIZON + DELAY
            place += 1
    assert later > WORLDS / 20


def test_the_moment_is_that_of_the_target_that_changed_last() -> None:
    worlds = [world(number) for number in range(WORLDS)]
    labels, rows = tables(worlds)
    maturity, moments = Maturity(KNOWN_BY, 0), Moments(labels.column("t"))
    each = [
        future_labels(native, labels, moments, rows_in_force(native, rows), maturity)[1]
        for native in (specification({name: target}) for name, target in TARGETS.items())
    ]
    native = specification(TARGETS)
    together = future_labels(native, labels, moments, rows_in_force(native, rows), maturity)[1]
    assert (together == [max(times) for times in zip(*each, strict=True)]).all()
