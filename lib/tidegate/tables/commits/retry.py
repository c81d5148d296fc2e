"""Repeat a commit that failed because another writer committed first."""

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

# These classes have no common base class in Python. After each of these errors, Delta has certainly not committed.
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
    """How often an action is attempted, and how long the pauses in between are.

    Attributes:
        attempts: The number of attempts.
        first_pause: The pause after the first attempt, in seconds. It doubles after each further attempt.
        longest_pause: The upper limit of a pause, in seconds.
    """

    attempts: int = 8
    first_pause: float = 0.2
    longest_pause: float = 10.0

    def pause_after(self, attempt: int) -> float:
        """Return the pause in seconds after an attempt, counted from 1.

        The pause is a random part, between one half and all, so that two writers don't try again at the same time.
        """
        doubled: float = self.first_pause * 2 ** (attempt - 1)
        return min(self.longest_pause, doubled) * random.uniform(0.5, 1.0)


def retried_commit(action: Callable[[], Result], path: str, back_off: BackOff | None = None) -> Result:
    """Run an action that commits to a table, and repeat it if another writer committed first.

    Args:
        action: The action.
        path: The table, for messages.
        back_off: How often to try, and how long to wait in between; None: the defaults of BackOff.

    Returns:
        The result of the action.

    Raises:
        ConflictError: Other writers committed first in every attempt.
    """
    plan = back_off or BackOff()
    for attempt in range(1, plan.attempts + 1):
        try:
            return action()
        except _CONFLICTS as conflict:
            # Only the class, because a message of Delta can quote values of rows.
            kind = type(conflict).__name__
        if attempt < plan.attempts:
            LOG.info("table %s: overtaken by another writer (%s), attempt %d of %d", path, kind, attempt, plan.attempts)
            time.sleep(plan.pause_after(attempt))
    raise ConflictError(path, plan.attempts, kind)
