"""Repeat a commit that another writer's commit came before."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from delta import exceptions

from tidegate.errors import ConflictError

LOG = logging.getLogger("tidegate")
Result = TypeVar("Result")

# In Python they have no base of their own. After each of them Delta has surely not committed.
_CONFLICTS = (
    exceptions.ConcurrentAppendException,
    exceptions.ConcurrentDeleteDeleteException,
    exceptions.ConcurrentDeleteReadException,
    exceptions.ConcurrentTransactionException,
    exceptions.ConcurrentWriteException,
    exceptions.DeltaConcurrentModificationException,
    exceptions.MetadataChangedException,
    exceptions.ProtocolChangedException,
)


@dataclass(frozen=True)
class BackOff:
    """How often an action is tried, and the pauses in between: each twice the one before, up to the longest, in seconds."""

    attempts: int = 8
    first_pause: float = 0.2
    longest_pause: float = 10.0

    def pause_after(self, attempt: int) -> float:
        """Return the pause after an attempt, counted from 1: at random half to all of it, so that two writers part."""
        doubled: float = self.first_pause * 2 ** (attempt - 1)
        return min(self.longest_pause, doubled) * random.uniform(0.5, 1.0)


def retried_commit(action: Callable[[], Result], path: str, back_off: BackOff | None = None) -> Result:
    """Do the action, again where another writer's commit to the table at the path came before its own.

    Raises:
        ConflictError: The last attempt was overtaken as well.
    """
    plan = back_off or BackOff()
    for attempt in range(1, plan.attempts + 1):
        try:
            return action()
        except _CONFLICTS as conflict:
            # The class alone: Delta's message may quote values of the rows.
            kind = type(conflict).__name__
        if attempt < plan.attempts:
            LOG.info("table %s: overtaken by another writer (%s), attempt %d of %d", path, kind, attempt, plan.attempts)
            time.sleep(plan.pause_after(attempt))
    raise ConflictError(path, plan.attempts, kind)
