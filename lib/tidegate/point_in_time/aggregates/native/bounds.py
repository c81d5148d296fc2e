"""The times between which a row lies in an aggregate's window."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from tidegate.moments import micros_of
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.native.forces import FOREVER
from tidegate.point_in_time.aggregates.windows import CalendarDays
from tidegate.point_in_time.native.arrays import Longs


def window_bounds(aggregate: Aggregate, events: Longs) -> tuple[Longs, Longs | int]:
    """Return for each event the first time at which its row lies in the window, and the first time at which it doesn't any more.

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
    if not len(events):
        return events, events
    zone = ZoneInfo(window.zone)
    ends = _ends_of_days(zone, int(events.min()), int(events.max()), window.days)
    place = np.searchsorted(ends, events, side="right")
    return ends[place], ends[np.minimum(place + window.days, len(ends) - 1)]


def _ends_of_days(zone: ZoneInfo, first: int, last: int, further: int) -> Longs:
    """Return the ends of all local days from that of the first moment to `further` days after that of the last one."""
    day, final = _local_day(zone, first, -1), _local_day(zone, last, further + 1)
    ends = []
    while day <= final:
        # A midnight that the clock jumps over is taken with the offset before the jump, which gives the moment of the jump.
        ends.append(micros_of(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)))
        if day == date.max:
            break
        day += timedelta(days=1)
    return np.array([*ends, FOREVER], dtype=np.int64)


def _local_day(zone: ZoneInfo, micros: int, shift: int) -> date:
    """Return the local day of a moment plus `shift` days, kept two days away from the ends of the calendar."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    low, high = date.min.toordinal() + 2, date.max.toordinal() - 2
    day = min(max(moment.date().toordinal(), low), high)
    near = datetime.combine(date.fromordinal(day), moment.timetz()).astimezone(zone).date().toordinal()
    return date.fromordinal(min(max(near + shift, low), high))


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
