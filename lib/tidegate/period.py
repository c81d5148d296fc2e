"""A half-open stretch of time that a batch covers, and the calendar days it is made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, did_you_mean
from tidegate.moments import LAST, in_utc

# Files of the database that are no zone: what this machine is set to, and what a machine is set to that nobody set up.
_NO_ZONES = {"localtime", "Factory"}


@dataclass(frozen=True)
class Period:
    """Whole calendar days of one zone, from the first to the last, both included.

    A day in a zone with daylight saving time has 23, 24 or 25 hours; `start` and `end` are right for all of them.

    Raises:
        DefinitionError: A day is none, the last day is before the first one, or the zone is not known.
    """

    first_day: date
    last_day: date
    zone: str = "UTC"

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_zone(self.zone, "a period")
        for role, day in (("first_day", self.first_day), ("last_day", self.last_day)):
            require_day(day, role, "a period")
        if self.last_day < self.first_day:
            raise DefinitionError(f"a period ends on or after its first day, but {self.last_day} is before {self.first_day}.")

    @property
    def start(self) -> datetime:
        """The first moment that belongs to the period, in UTC."""
        return _midnight(self.first_day, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after the period, in UTC; after the calendar's last day it is the calendar's last moment."""
        return LAST if self.last_day == date.max else _midnight(self.last_day + timedelta(days=1), self.zone)

    @property
    def length(self) -> int:
        """How many days it has."""
        return (self.last_day - self.first_day).days + 1

    def days(self) -> Iterator[date]:
        """Yield the calendar days in order."""
        for offset in range(self.length):
            yield self.first_day + timedelta(days=offset)

    def parts(self, days: int) -> Iterator["Period"]:
        """Yield periods of this many days, in order, that make up this one; the last may be shorter."""
        for offset in range(0, self.length, days):
            first = self.first_day + timedelta(days=offset)
            longest = min(days, (self.last_day - first).days + 1)
            yield Period(first, first + timedelta(days=longest - 1), self.zone)

    def with_warm_up(self, days: int) -> "Period":
        """Return the period with this many days put before it."""
        possible = min(days, (self.first_day - date.min).days)
        return Period(self.first_day - timedelta(days=possible), self.last_day, self.zone)


def require_day(day: object, role: str, where: str) -> None:
    """Raise DefinitionError unless something is a day, and not a moment or a text."""
    if isinstance(day, datetime):
        raise DefinitionError(
            f"{role} of {where} is the moment {day.isoformat()}; {where} is made of whole days of its zone, so give a day: "
            f"date({day.year}, {day.month}, {day.day})."
        )
    if not isinstance(day, date):
        raise DefinitionError(f"{role} of {where} is {day!r}; give a day, such as date(2024, 1, 31).")


@cache
def require_zone(zone: str, where: str) -> None:
    """Raise DefinitionError unless a zone is in the time zone database, so that Java knows it too and it is no machine's own."""
    try:
        if zone not in _zones():
            raise ZoneInfoNotFoundError(zone)
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = did_you_mean(zone, _zones())
        raise DefinitionError(
            f"{where}: zone {zone!r} is not known.{hint} Give a name such as 'Europe/Warsaw', or 'UTC'."
        ) from None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_ZONES)


def _midnight(day: date, zone: str) -> datetime:
    return in_utc(datetime.combine(day, time(), ZoneInfo(zone)))
