"""Moments: points in time with a zone. A moment without one would mean another time on every machine."""

from datetime import UTC, datetime, timedelta

from tidegate.errors import NaiveMomentError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def from_micros(micros: int | None) -> datetime | None:
    """Return the moment that lies so many microseconds after 1970 began, UTC; None for None.

    Spark gives a collected timestamp to Python without a zone, in that of the process: whoever needs the moment collects
    `unix_micros` of it.
    """
    return None if micros is None else EPOCH + timedelta(microseconds=micros)
