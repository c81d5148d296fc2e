"""The files of one table version of a feature group, which tasks read directly."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tidegate.moments import micros_of

# Delta truncates the timestamps in its file statistics to milliseconds. This is one millisecond, in microseconds.
_CUT = 1_000
# Up to this many rows in a single bucket, every task that has labels reads the whole table.
MOST_ROWS_READ_BY_ALL = 2_000_000


@dataclass(frozen=True)
class StoredFile:
    """One data file.

    Attributes:
        path: URI of the file, or its path on a local file system.
        rows: Number of rows; 0 if the log does not say.
        known_from: When the first of its rows became known, in microseconds since 1970 UTC; None if the log does not say.
        latest_event: The newest event_time among its rows, in the same unit; None if the log does not say.
    """

    path: str
    rows: int
    known_from: int | None
    latest_event: int | None

    def matters(self, oldest_event: int, last_moment: int) -> bool:
        """Return whether the file may contain a row with an event after `oldest_event` that was known by `last_moment`.

        Args:
            oldest_event: In microseconds since 1970 UTC, itself excluded.
            last_moment: In microseconds since 1970 UTC, itself included.
        """
        known = self.known_from is None or self.known_from <= last_moment
        return known and (self.latest_event is None or self.latest_event + _CUT > oldest_event)


@dataclass(frozen=True)
class StoredRows:
    """The rows of a feature group at one table version, in buckets by the hash of the entity key.

    Attributes:
        files: The files of each bucket.
        buckets: How many buckets the table has.
        keeps_all: Whether the table keeps every observation, so that a tombstone cancels earlier observations of its event.
        why_not: Why tasks can't read the files directly; None if they can.
    """

    files: Mapping[int, tuple[StoredFile, ...]]
    buckets: int
    keeps_all: bool
    why_not: str | None = None

    @property
    def rows(self) -> int:
        """Number of rows in all files."""
        return sum(map(self.rows_in, self.files))

    def rows_in(self, bucket: int) -> int:
        """Return the number of rows in the files of a bucket."""
        return sum(file.rows for file in self.files.get(bucket, ()))


def microseconds(moment: datetime) -> int:
    """Return a moment as microseconds since 1970 UTC."""
    return micros_of(moment)


def logged_moment(text: str | None) -> int | None:
    """Convert a timestamp from the table's log to microseconds since 1970 UTC; return None for None."""
    return None if text is None else microseconds(datetime.fromisoformat(text))
