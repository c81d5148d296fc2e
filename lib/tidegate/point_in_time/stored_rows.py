"""Where the rows of a stored feature group lie: the files of one table version, which tasks read by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tidegate.moments import micros_of

# The log cuts the moments in its statistics to milliseconds.
_CUT = 1_000


@dataclass(frozen=True)
class StoredFile:
    """One data file.

    Attributes:
        path: Its URI, or its path where the file system is local.
        rows: Rows in it; 0 where the log does not say.
        known_from: When its first row became known, microseconds since 1970 UTC; None where the log does not say.
        latest_event: Its newest event_time, likewise.
    """

    path: str
    rows: int
    known_from: int | None
    latest_event: int | None

    def matters(self, oldest_event: int, last_moment: int) -> bool:
        """Whether a row with a later event than `oldest_event` that is known up to `last_moment` may be in it."""
        known = self.known_from is None or self.known_from <= last_moment
        return known and (self.latest_event is None or self.latest_event + _CUT > oldest_event)


@dataclass(frozen=True)
class StoredRows:
    """The rows of a feature group at one table version, in buckets by the hash of the entity key.

    Attributes:
        files: The files of each bucket.
        buckets: How many buckets the table has.
        keeps_all: Whether the table keeps every observation, so that tombstones take earlier ones away.
        why_not: Why tasks can't read the files by themselves; None where they can.
    """

    files: Mapping[int, tuple[StoredFile, ...]]
    buckets: int
    keeps_all: bool
    why_not: str | None = None

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(map(self.rows_in, self.files))

    def rows_in(self, bucket: int) -> int:
        """Return the rows in the files of a bucket."""
        return sum(file.rows for file in self.files.get(bucket, ()))


def microseconds(moment: datetime) -> int:
    """Return a moment as microseconds since 1970 UTC."""
    return micros_of(moment)


def logged_moment(text: str | None) -> int | None:
    """Return a moment as the table's log writes it in microseconds since 1970 UTC; None where it has none."""
    return None if text is None else microseconds(datetime.fromisoformat(text))
