"""The pace of a transfer: a log line now and then, and an end to one that drips."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

LOG = logging.getLogger("tidegate")
_SECONDS_BETWEEN_LINES = 5.0


@dataclass
class Pace:
    """Watches one transfer.

    Attributes:
        name: Of the file.
        total: Length of the whole file, where it is known.
        done: How many bytes of it there are.
        slowest: Bytes per second below which a transfer is too slow.
        slow_seconds: Over how long that is taken.
        now: A clock, in seconds.
    """

    name: str
    total: int | None
    done: int
    slowest: float
    slow_seconds: float
    now: Callable[[], float] = time.monotonic
    _told: tuple[float, int] = field(init=False)
    _taken: tuple[float, int] = field(init=False)

    def __post_init__(self) -> None:
        self._told = self._taken = (self.now(), self.done)

    def came(self, count: int) -> None:
        """Note that so many bytes more came, and tell about it if it is time to."""
        self.done += count
        moment, done = self.now(), self.done
        seconds = moment - self._told[0]
        if seconds >= _SECONDS_BETWEEN_LINES:
            whole = "an unknown number of" if self.total is None else str(self.total)
            speed = (done - self._told[1]) / seconds / 1e6
            LOG.info("%s: %d of %s bytes (%.2f MB/s)", self.name, done, whole, speed)
            self._told = (moment, done)

    def is_too_slow(self) -> bool:
        """Tell whether too little came over the last `slow_seconds`."""
        moment, (since, then) = self.now(), self._taken
        if moment - since < self.slow_seconds:
            return False
        self._taken = (moment, self.done)
        return self.done - then < self.slowest * (moment - since)
