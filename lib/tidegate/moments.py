"""Moments: points in time with a zone, as exact numbers. A moment without a zone would mean another time on every machine.

Doubles of seconds have no microseconds far from 1970, so that all bounds are whole microseconds. Python's calendar goes from
the year 1 to the year 9999; Spark's goes on. A moment beyond becomes the last one before the end.
"""

from datetime import UTC, datetime, timedelta

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.errors import NaiveMomentError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def require_moment(moment: datetime | None, what: str) -> None:
    """Raise NaiveMomentError where a moment has no zone; None passes.

    Args:
        moment: What a caller gave.
        what: What it is, for the message, such as `known_by of a training dataset`.
    """
    if moment is not None and moment.utcoffset() is None:
        raise NaiveMomentError(what, moment.isoformat())


def utc_text(moment: datetime) -> str:
    """Return a moment as people read it: ISO 8601 in UTC, with a Z; a moment without a zone is refused."""
    require_moment(moment, "a moment to be shown")
    return in_utc(moment).isoformat().replace("+00:00", "Z")


def from_micros(micros: int | None) -> datetime | None:
    """Return the moment that lies so many microseconds after 1970 began, UTC; None for None.

    Spark gives a collected timestamp to Python without a zone, in that of the process: whoever needs the moment collects
    `unix_micros` of it.
    """
    return None if micros is None else moment_of(micros)


def micros_of(moment: datetime) -> int:
    """Return a moment with a zone as microseconds since 1970 UTC."""
    return (moment - EPOCH) // _MICROSECOND


def moment_of(micros: int) -> datetime:
    """Return microseconds since 1970 UTC as a moment in UTC, at the calendar's end where they lie beyond."""
    return EPOCH + timedelta(microseconds=min(max(micros, micros_of(FIRST)), micros_of(LAST)))


def in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC, at the calendar's end where UTC's calendar does not have it."""
    return moment_of(micros_of(moment))


def earlier_by(moment: datetime, span: timedelta) -> datetime:
    """Return the moment that lies a span of time before another, in UTC; the calendar's end where there is none.

    Args:
        moment: With a zone.
        span: Negative: a later moment is returned.
    """
    return moment_of(micros_of(moment) - span // _MICROSECOND)


def moment_literal(moment: datetime) -> str:
    """Return a moment with a zone as an SQL literal, in UTC; the calendar's end where UTC's calendar does not have it."""
    # `%Y` writes the year 1 as `1`, which SQL does not read.
    return f"TIMESTAMP'{in_utc(moment).replace(tzinfo=None).isoformat(' ', 'microseconds')}+00:00'"


def moment_column(moment: datetime) -> Column:
    """Return a moment with a zone as a column.

    Not `F.lit`: on its way through Java's old calendar a moment before October 1582 becomes another one, by days.
    """
    return F.expr(moment_literal(moment))
