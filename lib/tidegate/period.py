"""Period: a range of calendar days in one time zone, and the moments at which it starts and ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, did_you_mean
from tidegate.moments import LAST, in_utc

# Two files of the time zone database are not zones: the setting of this machine, and the setting of a machine without one.
_NO_ZONES = {"localtime", "Factory"}


@dataclass(frozen=True)
class Period:
    """Whole calendar days of one time zone, from the first to the last day, both included.

    In a zone with daylight saving time a day has 23, 24 or 25 hours; `start` and `end` take that into account.

    Attributes:
        first_day: First day of the period.
        last_day: Last day of the period.
        zone: Name of the zone, such as `Europe/Warsaw`.

    Raises:
        DefinitionError: A day is not a `date`, the last day is before the first day, or the zone is unknown.
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
            raise DefinitionError(
                f"the last day of a period, {self.last_day}, is before its first day, {self.first_day}; swap them."
            )

    @property
    def start(self) -> datetime:
        """The first moment of the period, in UTC."""
        return _midnight(self.first_day, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after the period, in UTC. After the last day of the year 9999 it is the last moment of that year."""
        return LAST if self.last_day == date.max else _midnight(self.last_day + timedelta(days=1), self.zone)

    @property
    def length(self) -> int:
        """The number of days."""
        return (self.last_day - self.first_day).days + 1

    def days(self) -> Iterator[date]:
        """Yield the calendar days in order."""
        for offset in range(self.length):
            yield self.first_day + timedelta(days=offset)

    def parts(self, days: int) -> Iterator["Period"]:
        """Yield this period in parts of `days` days, in order; the last part may be shorter."""
        for offset in range(0, self.length, days):
            first = self.first_day + timedelta(days=offset)
            longest = min(days, (self.last_day - first).days + 1)
            yield Period(first, first + timedelta(days=longest - 1), self.zone)


def require_day(day: object, role: str, where: str) -> None:
    """Raise DefinitionError unless the value is a `date`; a `datetime` or a text is not."""
    if isinstance(day, datetime):
        raise DefinitionError(
            f"{role} of {where} is the moment {day.isoformat()}, but {where} consists of whole days of its zone. Give a day: "
            f"date({day.year}, {day.month}, {day.day})."
        )
    if not isinstance(day, date):
        raise DefinitionError(f"{role} of {where} is {day!r}; give a day, such as date(2024, 1, 31).")


@cache
def require_zone(zone: str, where: str) -> None:
    """Raise DefinitionError unless a zone is in the time zone database, so that Java and all other machines know it too."""
    try:
        if zone not in _zones():
            raise ZoneInfoNotFoundError(zone)
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = did_you_mean(zone, _zones())
        raise DefinitionError(
            f"{where}: the zone {zone!r} is unknown.{hint} Give a name such as 'Europe/Warsaw', or 'UTC'."
        ) from None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_ZONES)


def _midnight(day: date, zone: str) -> datetime:
    return in_utc(datetime.combine(day, time(), ZoneInfo(zone)))
