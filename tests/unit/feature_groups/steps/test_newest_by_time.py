"""The newest moment that applies to an event time: pieces against a look at every span."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tidegate.feature_groups.steps.newest_by_time import TimedMoment, joined, pieces_of
from tidegate.moments import FIRST, LAST

START, HOUR = datetime(2024, 1, 1, tzinfo=UTC), timedelta(hours=1)


def at(hour: int) -> datetime:
    return START + hour * HOUR


def drawn(draw: random.Random) -> list[TimedMoment]:
    starts = [draw.randrange(30) for _ in range(draw.randrange(12))]
    found = [TimedMoment(at(start), at(start + draw.randrange(9)), at(1000 + draw.randrange(5))) for start in starts]
    return [*found, *([TimedMoment(FIRST, at(3), at(1002)), TimedMoment(at(20), LAST, at(1003))] if draw.random() < 0.3 else [])]


def newest(spans: list[TimedMoment], moment: datetime) -> datetime | None:
    return max((each.moment for each in spans if each.first <= moment <= each.last), default=None)


@pytest.mark.parametrize("seed", range(50))
def test_each_event_time_gets_the_newest_moment_of_its_spans(seed: int) -> None:
    spans = drawn(random.Random(seed))
    pieces = pieces_of(spans)
    around = [at(hour) + step for hour in range(-2, 42) for step in (-timedelta(microseconds=1), timedelta(0))]
    for moment in (FIRST, *around, LAST):
        assert newest(pieces, moment) == newest(spans, moment), moment
        found = newest(spans, moment)
        assert found is None or (newest(joined(pieces, 3), moment) or FIRST) >= found, moment
    assert all(one.last < other.first for one, other in pairwise(pieces))
    assert len(joined(pieces, 3)) <= 3


def test_spans_that_follow_each_other_and_say_the_same_are_one() -> None:
    micro = timedelta(microseconds=1)
    halves = [TimedMoment(at(0), at(1), at(9)), TimedMoment(at(1) + micro, at(2), at(9)), TimedMoment(at(1), at(1), at(5))]
    assert pieces_of(halves) == [TimedMoment(at(0), at(2), at(9))]
