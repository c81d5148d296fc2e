"""Every error of tidegate: each names the thing, the offending value, what was available and the next step."""

from collections.abc import Iterable
from difflib import get_close_matches


class TidegateError(Exception):
    """Base of all errors that a user can act on; jobs print its message without a stack trace and exit with 2."""


def did_you_mean(name: str, available: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the nearest of the available names, or an empty string."""
    nearest = get_close_matches(name, list(available), n=1)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""


class MissingColumnsError(TidegateError):
    """A frame lacks columns that a definition names."""

    def __init__(self, where: str, missing: Iterable[str], available: Iterable[str]) -> None:
        names, present = sorted(missing), sorted(available)
        hint = did_you_mean(names[0], present) if names else ""
        super().__init__(f"{where}: missing column(s) {', '.join(names)}; available: {', '.join(present)}.{hint}")


class SchemaMismatchError(TidegateError):
    """A frame's columns or types differ from the declared schema."""

    def __init__(self, where: str, differences: Iterable[str]) -> None:
        listed = "; ".join(differences)
        super().__init__(f"{where}: the schema differs from the declared one: {listed}. Nothing was written.")


class DefinitionError(TidegateError):
    """A feature group, view or system contradicts itself; raised when it is defined, long before a job."""
