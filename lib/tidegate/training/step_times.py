"""Seconds of each step of a long run, and one log line a step."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

_LOG = logging.getLogger(__name__)


class StepTimes:
    """Collects how long each step took, by name, in order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block and log its name and seconds when it ends without an error."""
        started = perf_counter()
        yield
        self.seconds[name] = perf_counter() - started
        _LOG.info("training: %s (%.1f s)", name, self.seconds[name])
