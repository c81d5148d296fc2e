"""The windows of aggregates: a time span, the newest rows, or whole calendar days."""

from dataclasses import dataclass
from datetime import timedelta

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.moments import LONGEST_SPAN
from tidegate.period import require_zone

MOST_ROWS = 10_000


@dataclass(frozen=True)
class LastRows:
    """A window of the newest rows, however old they are.

    Attributes:
        rows: How many rows the window holds at most. Rows that the aggregate's `where` leaves out take no place in it. Rows
            with NULL in the aggregate's column do, and the aggregate then passes over them.

    Raises:
        DefinitionError: `rows` is not between 1 and 10,000.
    """

    rows: int

    def __post_init__(self) -> None:
        require_declared_types(self)
        if not 1 <= self.rows <= MOST_ROWS:
            raise DefinitionError(f"LastRows: rows is {self.rows}. Give a number from 1 to {MOST_ROWS:,}.")


@dataclass(frozen=True)
class CalendarDays:
    """A window of whole calendar days before the local day of the label time.

    With `CalendarDays(7, "America/New_York")`, a row of local day d counts for label times from the end of day d to the end of
    day d + 7. The day of the label time itself never counts.

    Attributes:
        days: How many days.
        zone: Name of the time zone that the days belong to, such as "Europe/Warsaw".

    Raises:
        DefinitionError: `days` is not between 1 and 3,652,425, or there is no such zone.
    """

    days: int
    zone: str

    def __post_init__(self) -> None:
        require_declared_types(self)
        if not 1 <= self.days <= LONGEST_SPAN.days:
            raise DefinitionError(f"CalendarDays: days is {self.days}. Give a number from 1 to {LONGEST_SPAN.days:,}.")
        require_zone(self.zone, "CalendarDays")


# None is the whole history.
Window = timedelta | LastRows | CalendarDays | None


def require_window(window: Window, where: str) -> None:
    """Raise DefinitionError unless a window of time is longer than zero and not longer than the calendar."""
    if isinstance(window, timedelta) and not timedelta(0) < window <= LONGEST_SPAN:
        raise DefinitionError(
            f"{where}: window is {window}. Give a span longer than 0 and of at most {LONGEST_SPAN.days:,} days, or None for "
            "the whole history."
        )


def window_text(window: Window) -> str:
    """Return a window as a short text for people and for recorded definitions."""
    if window is None:
        return "the whole history"
    if isinstance(window, LastRows):
        return f"the newest {window.rows:,} rows"
    if isinstance(window, CalendarDays):
        return f"{window.days:,} calendar days ({window.zone})"
    return str(window)
