"""Measure the pace of a transfer: log its progress, and find out whether it is too slow."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

LOG = logging.getLogger("tidegate")
_SECONDS_BETWEEN_LINES = 5.0


@dataclass
class Pace:
    """Measures the pace of one transfer.

    Attributes:
        name: The name of the file, for the log.
        total: The length of the whole file in bytes; None if it is not known.
        done: The number of bytes that are there, including those of earlier attempts.
        slowest: The pace in bytes per second below which a transfer is too slow.
        slow_seconds: The length of the time span over which the pace is measured.
        now: A clock that returns seconds.
    """

    name: str
    total: int | None
    done: int
    slowest: float
    slow_seconds: float
    now: Callable[[], float] = time.monotonic
    _logged: tuple[float, int] = field(init=False)
    _measured: tuple[float, int] = field(init=False)

    def __post_init__(self) -> None:
        self._logged = self._measured = (self.now(), self.done)

    def came(self, count: int) -> None:
        """Count bytes that arrived, and log the progress if the last log line is at least five seconds old."""
        self.done += count
        moment, done = self.now(), self.done
        seconds = moment - self._logged[0]
        if seconds >= _SECONDS_BETWEEN_LINES:
            whole = "an unknown number of" if self.total is None else str(self.total)
            speed = (done - self._logged[1]) / seconds / 1e6
            LOG.info("%s: %d of %s bytes (%.2f MB/s)", self.name, done, whole, speed)
            self._logged = (moment, done)

    def is_too_slow(self) -> bool:
        """Return whether the transfer was slower than `slowest` over the last `slow_seconds`."""
        moment, (since, then) = self.now(), self._measured
        if moment - since < self.slow_seconds:
            return False
        self._measured = (moment, self.done)
        return self.done - then < self.slowest * (moment - since)
