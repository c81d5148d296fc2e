"""When a row enters the window of an aggregate, and when it leaves it."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from tidegate.moments import micros_of, moment_of
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.native.forces import FOREVER
from tidegate.point_in_time.aggregates.windows import CalendarDays
from tidegate.point_in_time.native.arrays import Longs

_DAY = 86_400_000_000
_SHORT = timedelta(microseconds=1)
# The day number of 1970-01-01 in Python's calendar.
_EPOCH = date(1970, 1, 1).toordinal()


def window_bounds(aggregate: Aggregate, events: Longs) -> tuple[Longs, Longs | int]:
    """Return for each event when its row enters the window, and when it leaves it.

    Whether the row is known by then is another question. All times are in microseconds since 1970 UTC.
    """
    if aggregate.ahead is not None:
        return events - _micros(aggregate.ahead), events
    start = events + _micros(aggregate.offset)
    if isinstance(aggregate.window, CalendarDays):
        first, end = _day_bounds(aggregate.window, events)
        return first + _micros(aggregate.offset), end + _micros(aggregate.offset)
    if isinstance(aggregate.window, timedelta):
        return start, start + _micros(aggregate.window)
    return start, FOREVER


def _day_bounds(window: CalendarDays, events: Longs) -> tuple[Longs, Longs]:
    """Return the ends of the local days of the events, and those of the days so many days later."""
    if not len(events):
        return events, events
    days, place = np.unique(events // _DAY, return_inverse=True)
    # The local day is the UTC day, or the one before or after it.
    ends = [np.array([_end_of_day(window.zone, int(day) + shift) for day in days]) for shift in (-1, 0, 1)]
    later = [np.array([_end_of_day(window.zone, int(day) + shift + window.days) for day in days]) for shift in (-1, 0, 1)]
    # Which of the three days it is.
    shift = (events >= ends[0][place]).astype(np.int64) + (events >= ends[1][place])
    return np.choose(shift, [each[place] for each in ends]), np.choose(shift, [each[place] for each in later])


def days_before(window: CalendarDays, moment: int) -> tuple[int, int]:
    """Return the first event_time in a window of calendar days at a moment, and the first one after the window."""
    local = moment_of(moment).astimezone(ZoneInfo(window.zone)).toordinal() - _EPOCH
    # A day on which the clock went back over midnight may end after the next one has begun.
    over = next(day for day in (local, local - 1, local - 2) if _end_of_day(window.zone, day) <= moment)
    return _end_of_day(window.zone, over - window.days), _end_of_day(window.zone, over)


@lru_cache(maxsize=100_000)
def _end_of_day(zone: str, day: int) -> int:
    """Return the end of a local day, in microseconds since 1970 UTC. Days are counted from 1970-01-01.

    A midnight that the clock jumps over is the moment of the jump. Where the clock goes back over midnight, the day comes back
    for a while, and its end is the second midnight.
    """
    number = day + 1 + _EPOCH
    if not date.min.toordinal() + 1 < number < date.max.toordinal():
        return FOREVER if day > 0 else -FOREVER
    local = datetime.combine(date.fromordinal(number), time(), ZoneInfo(zone))
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    comes_back = second > first and (second - _SHORT).astimezone(local.tzinfo).date() < local.date()
    return micros_of(second if comes_back else first)


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
