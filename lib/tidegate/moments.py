"""Moments: points in time with a time zone. Without a zone, the meaning of a moment would depend on the machine.

Moments are compared as whole microseconds, since seconds as doubles lose the microseconds far from 1970. Python's calendar goes
from the year 1 to the year 9999, Spark's calendar goes further. A moment outside of Python's calendar is replaced by the first
or the last moment of that calendar.
"""

from datetime import UTC, datetime, timedelta

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.errors import NaiveMomentError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
# Ten thousand years, which is longer than the whole calendar.
LONGEST_SPAN = timedelta(days=3_652_425)
_MICROSECOND = timedelta(microseconds=1)


def require_moment(moment: datetime | None, what: str) -> None:
    """Raise NaiveMomentError if a moment has no zone; None is allowed.

    Args:
        moment: The argument of a caller.
        what: What the moment is, for the message, such as `known_by of a training dataset`.
    """
    if moment is not None and moment.utcoffset() is None:
        raise NaiveMomentError(what, moment.isoformat())


def utc_text(moment: datetime) -> str:
    """Return a moment as text in ISO 8601 in UTC, with a Z.

    Raises:
        NaiveMomentError: The moment has no zone.
    """
    require_moment(moment, "a moment to be shown")
    return in_utc(moment).isoformat().replace("+00:00", "Z")


def from_micros(micros: int | None) -> datetime | None:
    """Return the moment for microseconds since 1970-01-01 UTC; None for None.

    Spark returns a collected timestamp to Python without a zone, in the time zone of the process. To get the moment, collect
    `unix_micros` of the timestamp and convert it with this function.
    """
    return None if micros is None else moment_of(micros)


def micros_of(moment: datetime) -> int:
    """Return a moment with a zone as microseconds since 1970-01-01 UTC."""
    return (moment - EPOCH) // _MICROSECOND


def moment_of(micros: int) -> datetime:
    """Return the moment in UTC for microseconds since 1970-01-01 UTC, moved into Python's calendar if it is outside."""
    return EPOCH + timedelta(microseconds=min(max(micros, micros_of(FIRST)), micros_of(LAST)))


def in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC, moved into Python's calendar if the conversion to UTC leaves it."""
    return moment_of(micros_of(moment))


def earlier_by(moment: datetime, span: timedelta) -> datetime:
    """Return the moment that is earlier by a span of time, in UTC, moved into Python's calendar if it is outside.

    Args:
        moment: A moment with a zone.
        span: How much earlier; a negative span gives a later moment.
    """
    return moment_of(micros_of(moment) - span // _MICROSECOND)


def moment_literal(moment: datetime) -> str:
    """Return a moment with a zone as an SQL literal in UTC."""
    # Not strftime: `%Y` writes the year 1 as `1`, which Spark's SQL can't read.
    return f"TIMESTAMP'{in_utc(moment).replace(tzinfo=None).isoformat(' ', 'microseconds')}+00:00'"


def moment_column(moment: datetime) -> Column:
    """Return a moment with a zone as a column with this constant.

    `F.lit` would be wrong: it uses Java's old calendar, which moves a moment before October 1582 by days.
    """
    return F.expr(moment_literal(moment))
