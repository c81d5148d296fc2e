"""The lines of the contract of aggregates, each with a few rows: what the oracle and the native code must both give.

Times are in hours. `docs` and the contract say the same in words; the texts here are theirs.
"""

import math
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.native_aggregates import expected_values, native_values, same
from tests.properties.aggregates_declared import COLUMNS, CONDITIONS
from tests.properties.aggregates_oracle import EPOCH, MICROSECOND, Group, Label, Observation
from tests.properties.aggregates_worlds import Setting, World

from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.operations import (
    count,
    count_distinct,
    first,
    last,
    maximum,
    mean,
    minimum,
    share,
    std,
    sum_of,
    time_since_last,
    variance,
)
from tidegate.point_in_time.aggregates.windows import CalendarDays, LastRows

HOUR = timedelta(hours=1)
NAN, INF = math.nan, math.inf
GROUP = Group(("word",), ("word",), fresh_until=10**18, conditions=CONDITIONS)
OF_KIND = replace(GROUP, key=("kind",))
MOVING = replace(OF_KIND, one_event_per=("flight",))


def at(hour: float) -> int:
    return round(hour * 3_600_000_000)


def row(
    event: float, known: float | None = None, gone: bool = False, sequence: int | None = None, **values: object
) -> Observation:
    """An observation of the entity "1", known at once unless said otherwise."""
    plain = dict.fromkeys(COLUMNS) | {"word": "1", "number": 1, "kind": "a"} | values
    return Observation(at(event), at(event if known is None else known), plain, sequence, gone)


@dataclass(frozen=True)
class Line:
    """A line of the contract: rows, an aggregate, and its values at some hours."""

    text: str
    rows: tuple[Observation, ...]
    aggregate: Aggregate
    expected: dict[float | None, object]
    group: Group = GROUP
    key: object = "1"
    lead: float | None = None


def values(*numbers: object, column: str = "x") -> tuple[Observation, ...]:
    return tuple(row(hour, **{column: number}) for hour, number in enumerate(numbers, start=1))


CORRECTED = (row(1, kind="a"), row(1, known=5, kind="b"))
LATE = (row(1, known=6, x=1.0), row(2, x=2.0))
WINDOW = count(window=2 * HOUR)
TICK = 1 / 3_600_000_000
LINES = (
    Line("1 known at t counts", (row(1, known=3),), count(), {3 - TICK: 0, 3: 1, 4: 1}),
    Line("1 exclusive: known at t does not", (row(1, known=3),), count(), {3: 0, 3 + TICK: 1}, replace(GROUP, inclusive=False)),
    Line("1 a corrected row leaves the old count at the correction", CORRECTED, count(), {4: 1, 5 - TICK: 1, 5: 0}, OF_KIND, "a"),
    Line("1 and enters the new one", CORRECTED, count(), {4: 0, 5 - TICK: 0, 5: 1}, OF_KIND, "b"),
    Line(
        "1 exclusive: a correction counts after its moment",
        CORRECTED,
        count(),
        {5: 1, 5 + TICK: 0},
        replace(OF_KIND, inclusive=False),
        "a",
    ),
    Line("1 a corrected row that fails `where` leaves", CORRECTED, count(where="kind = 'a'"), {4: 1, 5: 0}),
    Line("1 a correction to NULL hides the old value", (row(1, x=5.0), row(1, known=3)), sum_of("x"), {2: 5.0, 3: None}),
    Line("1 a tombstone withdraws", (row(1), row(1, known=3, gone=True)), count(), {2: 1, 3: 0}),
    Line("1 and a later observation brings it back", (row(1), row(1, 3, gone=True), row(1, 4)), count(), {3: 0, 4: 1}),
    Line(
        "1 a correction known before the first one changes nothing",
        (row(1, 5, x=1.0), row(1, 3, x=2.0)),
        sum_of("x"),
        {4: 2.0, 5: 1.0},
    ),
    Line("1 the window ends at t and begins after t - window", (row(3),), WINDOW, {3 - TICK: 0, 3: 1, 5 - TICK: 1, 5: 0}),
    Line("1 the offset moves both ends", (row(3),), count(window=2 * HOUR, offset=HOUR), {4 - TICK: 0, 4: 1, 6 - TICK: 1, 6: 0}),
    Line(
        "1 exclusive never moves the bounds of the window",
        (row(3, known=0),),
        WINDOW,
        {3 - TICK: 0, 3: 1, 5 - TICK: 1, 5: 0},
        replace(GROUP, inclusive=False),
    ),
    Line("1 the whole history", (row(3), row(-9_000_000)), count(), {2: 1, 3: 2, 9_000_000: 2}),
    Line("1 the whole history with an offset", (row(3),), count(offset=HOUR), {4 - TICK: 0, 4: 1}),
    Line("1 a known future event does not count", (row(9, known=1),), count(), {8: 0, 9: 1}),
    Line(
        "1 ahead counts after t and up to t + A",
        (row(9, known=1),),
        count(ahead=2 * HOUR),
        {7 - TICK: 0, 7: 1, 9 - TICK: 1, 9: 0},
    ),
    Line("1 ahead counts only what is known", (row(9, known=8),), count(ahead=5 * HOUR), {7: 0, 8: 1}),
    Line("2 an event that moves without a tombstone counts twice", (row(1, flight=7), row(2, flight=7)), count(), {3: 2}),
    Line("2 with one_event_per it counts once", (row(1, flight=7), row(2, flight=7)), count(), {1: 1, 3: 1}, MOVING, "a"),
    Line(
        "2 and not in its old place",
        (row(3, known=1, flight=7), row(1, known=2, flight=7)),
        count(window=HOUR, offset=timedelta(0)),
        {1.5: 0, 2: 0, 3: 0},
        MOVING,
        "a",
    ),
    Line("2 moved to another entity", (row(1, flight=7), row(1, 2, word="a", flight=7)), count(), {1: 1, 2: 1}, MOVING, "a"),
    Line(
        "2 a tombstone of the old place withdraws no new one",
        (row(1, flight=7), row(2, flight=7), row(1, 3, gone=True, flight=7)),
        count(),
        {3: 1},
        MOVING,
        "a",
    ),
    Line("2 rows that name no event don't replace each other", (row(1), row(2)), count(), {3: 2}, MOVING, "a"),
    Line(
        "2 ties of available_at are ordered by sequence",
        (row(1, 3, x=1.0, sequence=2), row(1, 3, x=2.0, sequence=1)),
        sum_of("x"),
        {3: 1.0},
    ),
    Line("3 no row: count is 0", (), count(), {1: 0}),
    Line("3 no row: count_distinct is 0", (), count_distinct("x"), {1: 0}),
    Line("3 no row: an empty map of counts", (), count(by="kind"), {1: []}),
    *[
        Line(f"3 no row: {each.operation} is NULL", (row(1), row(9, x=1.0)), each, {0: None})
        for each in (
            sum_of("x"),
            mean("x"),
            variance("x"),
            std("x"),
            minimum("x"),
            maximum("x"),
            first("x"),
            last("x"),
            last("x", n=2),
        )
    ],
    *[
        Line(f"3 no row: {each.operation} is NULL", (), each, {1: None})
        for each in (share("yes"), time_since_last(), mean("x", by="kind"))
    ],
    Line(
        "3 after the rows are loaded nobody knows", (row(1),), count(), {4: 1, 4 + TICK: None}, replace(GROUP, fresh_until=at(4))
    ),
    Line(
        "3 nor the number of different ones", (row(1),), count_distinct("x"), {4 + TICK: None}, replace(GROUP, fresh_until=at(4))
    ),
    Line("3 other operations give what is known", (row(1, x=2.0),), sum_of("x"), {5: 2.0}, replace(GROUP, fresh_until=at(4))),
    Line("3 never loaded: nobody knows", (row(1),), count(), {1: None}, replace(GROUP, fresh_until=None)),
    Line("3 a NULL key: nobody knows", (row(1, kind=None),), count(), {2: None}, OF_KIND, None),
    Line("3 no label time: nobody knows", (row(1),), count(), {None: None}),
    Line("4 late rows count from when they are known", LATE, sum_of("x", window=9 * HOUR), {5: 2.0, 6: 3.0}),
    Line("4 sums are rounded once", values(1e16, 1.0, -1e16, 1.0), sum_of("x"), {3: 1.0, 4: 2.0}),
    Line("4 a mean is such a sum divided by the count", values(0.1, 0.2, 0.3), mean("x"), {3: 0.6 / 3}),
    Line("4 just above the middle of two doubles", values(1.0, 2.0**-53, 2.0**-106), sum_of("x"), {2: 1.0, 3: 1 + 2.0**-52}),
    Line("4 small beside large", values(1e308, 5e-324, -1e308), sum_of("x"), {3: 5e-324}),
    Line("4 a finite sum out of range is an infinity", values(1.7e308, 1.7e308, -1.7e308), sum_of("x"), {2: INF, 3: 1.7e308}),
    Line(
        "4 NaN touches only windows that hold it", values(NAN, 1.0, 2.0), sum_of("x", window=2 * HOUR), {1: NAN, 2: NAN, 3: 3.0}
    ),
    Line("4 so do infinities", values(INF, 1.0, -INF, 1.0), sum_of("x", window=2 * HOUR), {2: INF, 3: -INF, 4: -INF, 5: 1.0}),
    Line("4 opposite infinities have no sum", values(INF, -INF), mean("x"), {2: NAN}),
    Line("4 decimals are exact", values(Decimal("0.10"), Decimal("0.20"), column="money"), sum_of("money"), {2: Decimal("0.30")}),
    Line("4 whole numbers are exact", values(2**53, 1, column="whole"), sum_of("whole"), {2: 2**53 + 1}),
    Line("5 NULL is skipped", values(1.0, None, 3.0), mean("x"), {2: 1.0, 3: 2.0}),
    Line("5 count of a column skips NULL", values(1.0, None), count("x"), {2: 1}),
    Line("5 NULL does not hide an older value", values(1.0, None), last("x"), {2: 1.0}),
    Line("5 unless it shall", values(1.0, None), last("x", skip_null=False), {2: None}),
    Line("5 NULL among several", values(1.0, None), last("x", n=3, skip_null=False), {2: [None, 1.0]}),
    Line("6 variance divides by n - 1", values(1.0, 3.0), variance("x"), {1: None, 2: 2.0}),
    Line("6 std is its root", values(1.0, 3.0), std("x"), {1: None, 2: math.sqrt(2.0)}),
    Line("6 NaN is the greatest", values(NAN, INF), maximum("x"), {2: NAN}),
    Line("6 and not the smallest", values(NAN, INF), minimum("x"), {1: NAN, 2: INF}),
    Line("6 a zero has no sign", values(-0.0), minimum("x"), {1: 0.0}),
    Line("6 first, oldest first", values(1.0, 2.0, 3.0), first("x", n=2), {1: [1.0], 3: [1.0, 2.0]}),
    Line("6 last, newest first", values(1.0, 2.0, 3.0), last("x", n=2), {1: [1.0], 3: [3.0, 2.0]}),
    Line("6 a late row is no newest one", LATE, last("x"), {5: 2.0, 6: 2.0}),
    Line(
        "6 order: event_time, then available_at",
        (row(1, 5, word="a", x=1.0), row(1, 4, x=2.0)),
        last("x"),
        {4: 2.0, 5: 1.0},
        OF_KIND,
        "a",
    ),
    Line("6 then sequence", (row(1, sequence=2, x=1.0), row(1, word="a", sequence=1, x=2.0)), last("x"), {1: 1.0}, OF_KIND, "a"),
    Line("6 then the group's key", (row(1, word="a", x=1.0), row(1, x=2.0)), last("x", n=2), {1: [1.0, 2.0]}, OF_KIND, "a"),
    Line(
        "6 whatever the order of the rows",
        (row(1, x=2.0), row(1, word="a", x=1.0)),
        last("x", n=2),
        {1: [1.0, 2.0]},
        OF_KIND,
        "a",
    ),
    Line(
        "6 share of rows, and NULL is not true",
        values(True, None, False, True, column="yes"),
        share("yes"),
        {2: 0.5, 3: 1 / 3, 4: 0.5},
    ),
    Line("6 different values: NaN equals NaN, 0.0 equals -0.0", values(NAN, NAN, 0.0, -0.0), count_distinct("x"), {2: 1, 4: 2}),
    Line("6 seconds since the newest row", (row(1), row(2, known=3)), time_since_last(), {2.5: 5400.0, 3: 3600.0}),
    Line("6 far back, to the microsecond", (row(-9_000_000),), time_since_last(), {1 + TICK: 32400003600.000001}),
    Line("6 seconds since the newest value", values(1.0, None), time_since_last("x"), {3: 7200.0}),
    Line("6 where", values(1.0, 0.1), count(where="x > 0.25"), {2: 1}),
    Line("6 where: NULL is not true", values(None, NAN), count(where="x > 0.25"), {2: 1}),
    Line("6 the condition of all aggregates", values(1.0, 0.1), count(), {2: 1}, replace(GROUP, where="x > 0.25")),
    Line(
        "6 by: a map, NULL skipped",
        (row(1), row(2, kind="b"), row(3), row(4, kind=None)),
        count(by="kind"),
        {4: [("a", 2), ("b", 1)]},
    ),
    Line(
        "6 by: capped, most rows first", (row(1, kind="b"), row(2), row(3, kind="b")), count(by="kind", most=1), {3: [("b", 2)]}
    ),
    Line("6 by: then the smaller value", (row(1, kind="b"), row(2)), count(by="kind", most=1), {1: [("b", 1)], 2: [("a", 1)]}),
    Line("6 by: a zero has no sign", values(-0.0), count(by="x"), {1: [(0.0, 1)]}),
    Line("7 the newest rows", values(1.0, 2.0, 3.0), sum_of("x", window=LastRows(2)), {1: 1.0, 3: 5.0}),
    Line("7 after where", values(1.0, 2.0, 0.1), sum_of("x", window=LastRows(1), where="x > 0.25"), {3: 2.0}),
    Line("7 before NULL is skipped", values(1.0, None), sum_of("x", window=LastRows(1)), {2: None}),
    Line(
        "7 a withdrawn row leaves room",
        (row(1, x=1.0), row(2, x=2.0), row(2, 3, gone=True)),
        sum_of("x", window=LastRows(1)),
        {2: 2.0, 3: 1.0},
    ),
    Line("8 any column is the key", (row(1, kind="a"), row(1, word="a", kind="a")), count(), {1: 2}, OF_KIND, "a"),
    Line("11 the window ends at the anchor", (row(3, known=1),), WINDOW, {2 - TICK: 0, 2: 1, 4 - TICK: 1, 4: 0}, lead=1),
    Line("11 but knowledge at the label time", (row(3, known=3),), WINDOW, {2: 0, 3: 1}, lead=1),
    Line("11 ahead of the anchor", (row(5, known=1),), count(ahead=HOUR), {2: 0, 3: 1, 4 - TICK: 1, 4: 0}, lead=1),
)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.text)
def test_a_line_of_the_contract(line: Line) -> None:
    labels = [
        Label((line.key,), None if hour is None else at(hour), None if line.lead is None else at(hour + line.lead))
        for hour in line.expected
    ]
    sequenced = any(each.sequence is not None for each in line.rows)
    setting = Setting(line.group, 0, (line.aggregate,), 1, sequence=sequenced, anchored=line.lead is not None)
    world = World(labels, list(line.rows))
    for found in (expected_values(setting, [world])[0], native_values(setting, [world], random.Random(1))[0]):
        assert [same(*pair) or near(*pair) for pair in zip(found, line.expected.values(), strict=True)] == [True] * len(labels), (
            found
        )


def near(found: object, wanted: object) -> bool:
    """Return whether a variance of the oracle is the expected one."""
    return hasattr(found, "variance") and same(wanted, found)


def moment(text: str) -> int:
    return (datetime.fromisoformat(text).astimezone(UTC) - EPOCH) // MICROSECOND


@pytest.mark.parametrize(
    ("zone", "event", "days", "first", "end"),
    [
        # 7: from the end of the local day to the end of that day + n.
        ("America/New_York", "2024-06-01T10:00-04:00", 7, "2024-06-02T00:00-04:00", "2024-06-09T00:00-04:00"),
        ("America/New_York", "2024-06-01T23:59:59.999999-04:00", 1, "2024-06-02T00:00-04:00", "2024-06-03T00:00-04:00"),
        ("America/New_York", "2024-06-02T00:00-04:00", 1, "2024-06-03T00:00-04:00", "2024-06-04T00:00-04:00"),
        # Days of 23 and of 25 hours.
        ("America/New_York", "2024-03-09T12:00-05:00", 1, "2024-03-10T00:00-05:00", "2024-03-11T00:00-04:00"),
        ("Europe/Warsaw", "2024-10-26T12:00+02:00", 1, "2024-10-27T00:00+02:00", "2024-10-28T00:00+01:00"),
        # The clock jumps over midnight, shows it twice on the same day, or goes back over it; a day is left out.
        ("America/Sao_Paulo", "2018-11-03T12:00-03:00", 1, "2018-11-04T01:00-02:00", "2018-11-05T00:00-02:00"),
        ("America/Havana", "2024-11-02T12:00-04:00", 1, "2024-11-03T00:00-04:00", "2024-11-04T00:00-05:00"),
        ("America/St_Johns", "2005-10-29T12:00-02:30", 1, "2005-10-30T00:00-03:30", "2005-10-31T00:00-03:30"),
        ("Pacific/Apia", "2011-12-29T12:00-10:00", 2, "2011-12-31T00:00+14:00", "2012-01-01T00:00+14:00"),
    ],
)
def test_calendar_days_end_at_local_midnights(zone: str, event: str, days: int, first: str, end: str) -> None:
    edges = [moment(first), moment(end)]
    labels = [Label(("1",), edge + step) for edge in edges for step in (-1, 0)]
    seen = replace(row(0), event=moment(event), known=moment(event))
    setting = Setting(GROUP, 0, (count(window=CalendarDays(days, zone)),), 1, sequence=False, anchored=False)
    world = World(labels, [seen])
    assert expected_values(setting, [world])[0] == native_values(setting, [world], random.Random(1))[0] == [0, 1, 1, 0]
