"""The moments of a spine by rule: local times of a zone, on the days of a clock change too."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.period import require_zone

_DAY = timedelta(days=1)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PERIOD = re.compile(r"([1-9][0-9]{0,3}) (hour|day|week)s?")
_AT = re.compile(r"(?:([A-Za-z]+) )?([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_HOURS = (1, 2, 3, 4, 6, 8, 12)
# The periods of several days or weeks are counted from here. It is a Monday.
_FIRST = date(1970, 1, 5)


@dataclass(frozen=True)
class LocalTimes:
    """Times that a local clock shows again and again.

    Attributes:
        period: How often: "1 hour", "6 hours", "1 day", "3 days", "1 week". Hours must divide a day into equal parts. Several
            days or weeks are counted from Monday, 5 January 1970.
        at: The local time, such as "18:00". For weeks it begins with the day of the week: "Monday 18:00".
        zone: Name of the time zone, such as "Europe/Warsaw".

    Raises:
        DefinitionError: One of the three can't be read, or they don't fit together.
    """

    period: str
    at: str
    zone: str

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_zone(self.zone, "a spine")
        self._require_period()
        self._require_at()

    def between(self, start: datetime, end: datetime) -> list[datetime]:
        """Return the moments with start <= moment < end, in UTC and in order.

        On a day whose clocks skip the local time, the moment is the one at which they would show it if they had not been
        changed yet. On a day on which they show it twice, it is the first of the two. For hours it is different: there the result
        has every moment at which the clocks show one of the times, so a day of 25 hours has 25 full hours.
        """
        zone = ZoneInfo(self.zone)
        # A local day differs by at most one from the day in UTC.
        days = _days(_shifted_day(start, -2), _shifted_day(end, 2))
        found = {moment for day in days if self._has(day) for moment in self._of_day(day, zone)}
        return sorted(moment for moment in found if start <= moment < end)

    def _of_day(self, day: date, zone: ZoneInfo) -> list[datetime]:
        if self._unit == "hour":
            hours = range(self._time.hour % self._number, 24, self._number)
            return _moments_shown(day, [self._time.replace(hour=hour) for hour in hours], zone)
        return [datetime.combine(day, self._time, zone).astimezone(UTC)]

    def _has(self, day: date) -> bool:
        distance = (day - _FIRST).days
        if self._unit == "week":
            return distance % 7 == _WEEKDAYS.index(self._weekday) and distance // 7 % self._number == 0
        return self._unit == "hour" or distance % self._number == 0

    @property
    def _number(self) -> int:
        return int(self.period.split(" ")[0])

    @property
    def _unit(self) -> str:
        return self.period.split(" ")[1].removesuffix("s")

    @property
    def _weekday(self) -> str:
        return self.at.split(" ")[0].casefold()

    @property
    def _time(self) -> time:
        return time.fromisoformat(self.at.split(" ")[-1])

    def _require_period(self) -> None:
        if not _PERIOD.fullmatch(self.period):
            raise DefinitionError(
                f"a spine: the period {self.period!r} can't be read. Give a number and hours, days or weeks, such as '1 day'."
            )
        if self._unit == "hour" and self._number not in _HOURS:
            raise DefinitionError(
                f"a spine: {self.period} don't divide a day into equal parts. Give {', '.join(map(str, _HOURS))} hours, or a "
                "period of days."
            )

    def _require_at(self) -> None:
        found = _AT.fullmatch(self.at)
        weekly = self._unit == "week"
        if found is None or (found[1] is not None and found[1].casefold() not in _WEEKDAYS):
            example = "'Monday 18:00'" if weekly else "'18:00'"
            raise DefinitionError(f"a spine: the local time {self.at!r} can't be read. Give a time such as {example}.")
        if weekly and found[1] is None:
            raise DefinitionError(
                f"a spine every {self.period}: at is {self.at!r}, without the day of the week. Give it too: 'Monday {self.at}'."
            )
        if not weekly and found[1] is not None:
            raise DefinitionError(
                f"a spine every {self.period}: at is {self.at!r}, but the day of the week is only for a period of weeks. Give "
                f"{self.at.split(' ')[-1]!r}, or the period '1 week'."
            )


def hours_of_next_day(moment: datetime, zone: str) -> list[datetime]:
    """Return the full hours of the local day after that of a moment, in UTC and in order: 23, 24 or 25 of them.

    A date that the zone leaves out, as Samoa left out 30 December 2011, is passed over.
    """
    there = ZoneInfo(zone)
    day, hours = moment.astimezone(there).date(), [time(hour) for hour in range(24)]
    following = (_moments_shown(day + further * _DAY, hours, there) for further in (1, 2))
    return next((found for found in following if found), [])


def _moments_shown(day: date, times: list[time], zone: ZoneInfo) -> list[datetime]:
    """Return every moment at which the clocks of a zone show one of these times of a day."""
    found = set()
    for each in times:
        for fold in (0, 1):
            moment = datetime.combine(day, each.replace(fold=fold), zone).astimezone(UTC)
            if moment.astimezone(zone).replace(tzinfo=None, fold=0) == datetime.combine(day, each):
                found.add(moment)
    return sorted(found)


def _days(first: date, last: date) -> Iterator[date]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def _shifted_day(moment: datetime, days: int) -> date:
    """Return the day of a moment in UTC plus some days, kept two days away from the ends of the calendar."""
    low, high = date.min.toordinal() + 2, date.max.toordinal() - 2
    return date.fromordinal(min(max(moment.astimezone(UTC).toordinal() + days, low), high))
