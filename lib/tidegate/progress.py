"""Progress of long work: a log line at the start and at the end of each step."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOG = logging.getLogger("tidegate")


@dataclass
class Step:
    """One step under way.

    Attributes:
        name: What is done.
        seconds: How long it took; set at its end.
        summary: What came of it; the caller puts it here.
    """

    name: str
    seconds: float = 0.0
    summary: str = ""


@contextmanager
def timed_step(name: str, times: dict[str, float] | None = None) -> Iterator[Step]:
    """Log the start and the end of a step, with its summary and its seconds.

    Args:
        name: What is done.
        times: Gets the seconds under the name when the step ends without an error.
    """
    LOG.info("%s ...", name)
    step, began = Step(name), time.monotonic()
    try:
        yield step
    finally:
        step.seconds = time.monotonic() - began
    LOG.info("%s: %s (%.1f s)", name, step.summary or "done", step.seconds)
    if times is not None:
        times[name] = step.seconds
