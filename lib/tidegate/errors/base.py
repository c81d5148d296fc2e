"""The base class of all errors of tidegate, and the hint "did you mean"."""

from collections.abc import Iterable
from difflib import get_close_matches


class TidegateError(Exception):
    """Base class of all errors that a user can act on. A job prints the message without a stack trace and exits with 2."""


def did_you_mean(name: str, available: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` with the most similar available name, ignoring case; an empty string if none is similar."""
    known = {each.lower(): each for each in available}
    nearest = get_close_matches(name.lower(), list(known), n=1)
    return f" Did you mean {known[nearest[0]]!r}?" if nearest else ""
