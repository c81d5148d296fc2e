"""Repeat an attempt that failed for a reason that may pass: no connection, a busy server, a body that broke off."""

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
    """A failure that may not happen again.

    Attributes:
        reason: For the message, without secrets.
        wanted_pause: Seconds that the server asks to wait.
    """

    def __init__(self, reason: str, wanted_pause: float = 0.0) -> None:
        super().__init__(reason)
        self.reason, self.wanted_pause = reason, wanted_pause


def retried_transfer(action: Callable[[], Result], name: str, options: HttpOptions, stop: Event) -> Result:
    """Do the action until it succeeds, with a pause after each passing failure, as often as the options allow.

    Raises:
        PassingFailureError: The last attempt's.
        CancelledError: `stop` was set in a pause.
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
    """Return the seconds that `Retry-After` asks for, else 0. A date counts from the server's own `Date`, if it sent one."""
    text = headers.get("retry-after", "").strip()
    with suppress(ValueError):
        return max(0.0, float(int(text)))
    until = parsed_date(text)
    if until is None:
        return 0.0
    now = parsed_date(headers.get("date")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _pause_after(attempt: int, wanted: float, options: HttpOptions) -> float:
    # An exponent without a bound would be too large for a float.
    doubled = options.first_pause_seconds * 2.0 ** min(attempt - 1, 60)
    own = min(doubled, options.longest_pause_seconds) * random.uniform(0.5, 1.0)
    return min(max(own, wanted), options.longest_pause_seconds)
