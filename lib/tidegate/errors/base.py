"""What all errors of tidegate have in common."""

from collections.abc import Iterable
from difflib import get_close_matches


class TidegateError(Exception):
    """Base of all errors that a user can act on; jobs print its message without a stack trace and exit with 2."""


def did_you_mean(name: str, available: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the nearest of the available names in any case, or an empty string."""
    known = {each.lower(): each for each in available}
    nearest = get_close_matches(name.lower(), list(known), n=1)
    return f" Did you mean {known[nearest[0]]!r}?" if nearest else ""
