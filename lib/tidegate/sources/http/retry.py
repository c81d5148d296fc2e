"""Repeat an attempt after a failure that may be temporary: no connection, a busy server, a body that broke off."""

import logging
import random
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event
from typing import TypeVar

from tidegate.sources.http.options import HttpOptions
from tidegate.sources.http.validators import parsed_date

LOG = logging.getLogger("tidegate")
Result = TypeVar("Result")


class PassingFailureError(Exception):
    """A failure that may be temporary, so another attempt may succeed.

    Attributes:
        reason: What failed, as a text without secrets for the message.
        wanted_pause: How many seconds the server asks to wait; 0 if it does not ask.
    """

    def __init__(self, reason: str, wanted_pause: float = 0.0) -> None:
        super().__init__(reason)
        self.reason, self.wanted_pause = reason, wanted_pause


def retried_transfer(action: Callable[[], Result], name: str, options: HttpOptions, stop: Event) -> Result:
    """Repeat the action until it succeeds, with a pause after each temporary failure.

    Args:
        action: One attempt.
        name: The name of the file, for the log.
        options: How many attempts are allowed, and how long the pauses are.
        stop: An event that ends a pause early when the caller no longer waits for the result.

    Returns:
        The result of the action.

    Raises:
        PassingFailureError: The last allowed attempt failed.
        CancelledError: `stop` was set during a pause.
    """
    attempt = 1
    while True:
        try:
            return action()
        except PassingFailureError as failure:
            if attempt >= options.attempts:
                raise
            pause = _pause_after(attempt, failure.wanted_pause, options)
            LOG.info("%s: attempt %d of %d failed: %s; next in %.1f s", name, attempt, options.attempts, failure.reason, pause)
        if stop.wait(pause):
            raise CancelledError
        attempt += 1


def wanted_pause(headers: Mapping[str, str]) -> float:
    """Return the pause in seconds that the header `Retry-After` asks for; 0 if there is no such header.

    If the header has a date, the pause counts from the server's own `Date`, or from this machine's clock if the server sent none.
    """
    text = headers.get("retry-after", "").strip()
    with suppress(ValueError):
        return max(0.0, float(int(text)))
    until = parsed_date(text)
    if until is None:
        return 0.0
    now = parsed_date(headers.get("date")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _pause_after(attempt: int, wanted: float, options: HttpOptions) -> float:
    # With an unlimited exponent, the result could be too large for a float.
    doubled = options.first_pause_seconds * 2.0 ** min(attempt - 1, 60)
    own = min(doubled, options.longest_pause_seconds) * random.uniform(0.5, 1.0)
    return min(max(own, wanted), options.longest_pause_seconds)
