"""What long work tells while it runs: one log line a step, with its seconds."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOG = logging.getLogger("tidegate")


@dataclass
class Step:
    """One step under way; `seconds` is set at its end."""

    name: str
    seconds: float = 0.0
    outcome: str = ""


@contextmanager
def timed_step(name: str) -> Iterator[Step]:
    """Log the start and the end of a step, with what the caller puts into `outcome`."""
    LOG.info("%s ...", name)
    step, began = Step(name), time.monotonic()
    try:
        yield step
    finally:
        step.seconds = time.monotonic() - began
    LOG.info("%s: %s (%.1f s)", name, step.outcome or "done", step.seconds)
