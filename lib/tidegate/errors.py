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


class MissingSecretError(TidegateError):
    """A secret that only the environment may hold is not there."""

    def __init__(self, variable: str, minimum: int) -> None:
        super().__init__(
            f"environment variable {variable} is not set or shorter than {minimum} characters; erasures need it to recognise "
            f"erased subjects. Make one with `openssl rand -hex 32`, keep it as a secret, and set it for every job of this store."
        )


class WrongSecretError(TidegateError):
    """The store's suppression list was made with another key."""

    def __init__(self, variable: str, stored: str, given: str) -> None:
        super().__init__(
            f"the suppression list was made with the key of fingerprint {stored}, but {variable} holds the one of {given}; "
            "erased subjects could come back. Set the key that the store was used with. Nothing was written."
        )


class DuplicateRowsError(TidegateError):
    """Two different rows claim the same entity key, event_time and available_at."""

    def __init__(self, group: str, rows: int, example: str) -> None:
        super().__init__(
            f"feature group {group}: {rows} row(s) differ from another row of the same key, event_time and available_at, for "
            f"example {example}. Declare `sequence`, the column that orders them, or correct the source. Nothing was written."
        )


class NullKeyError(TidegateError):
    """Rows without an entity key or time."""

    def __init__(self, group: str, rows: int, columns: Iterable[str]) -> None:
        super().__init__(
            f"feature group {group}: {rows} row(s) have NULL in one of {', '.join(columns)}; every row needs them. "
            "Correct the source or drop such rows in the transformation. Nothing was written."
        )


class JoinTypeError(TidegateError):
    """Label and feature keys have different types; nothing is cast silently."""

    def __init__(self, group: str, column: str, label_type: str, feature_type: str) -> None:
        super().__init__(
            f"point-in-time join with {group}: key {column} is {label_type} in the labels but {feature_type} in the features; "
            "cast one of them before the join."
        )


class NameClashError(TidegateError):
    """Two columns of a join would have one name."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(
            f"point-in-time join: {', '.join(sorted(names))} would be given twice; rename a feature with `rename` in its choice."
        )


class RowCountError(TidegateError):
    """A join did not give exactly one row per label row; the result was withdrawn."""

    def __init__(self, where: str, expected: int, actual: int) -> None:
        super().__init__(
            f"{where}: {expected} label rows went in and {actual} rows came out; the contract is one for one. The result was withdrawn."
        )
