"""Log the progress of long work: one line at the start and one at the end of each step."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOG = logging.getLogger("tidegate")


@dataclass
class Step:
    """A running step.

    Attributes:
        name: What the step does.
        seconds: How long the step took; set when it ends.
        summary: The result of the step, for the log; the caller sets it.
    """

    name: str
    seconds: float = 0.0
    summary: str = ""


@contextmanager
def timed_step(name: str, times: dict[str, float] | None = None) -> Iterator[Step]:
    """Log the start and the end of a step; the last line contains its summary and its seconds.

    Args:
        name: What the step does.
        times: If given, the seconds are stored in it under the name when the step ends without an error.
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
