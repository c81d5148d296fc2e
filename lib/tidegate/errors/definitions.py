"""Errors about definitions, and about frames that don't fit a definition."""

from collections.abc import Iterable

from tidegate.errors.base import TidegateError, did_you_mean


class DefinitionError(TidegateError):
    """The definition of a feature group, view, system or other object is invalid; raised when the object is made."""


class NaiveMomentError(DefinitionError):
    """A moment has no time zone, so that its meaning would depend on the machine."""

    def __init__(self, what: str, given: str) -> None:
        super().__init__(
            f"{what} is {given}, which has no time zone. Give it one, for example datetime(2024, 1, 31, 12, tzinfo=UTC) or "
            "tzinfo=ZoneInfo('Europe/Warsaw'). Nothing was done."
        )


class MissingColumnsError(TidegateError):
    """A frame does not have all the columns that are needed."""

    def __init__(self, where: str, missing: Iterable[str], available: Iterable[str]) -> None:
        names, present = sorted(missing), sorted(available)
        hint = did_you_mean(names[0], present) if names else ""
        super().__init__(f"{where}: missing column(s) {', '.join(names)}; available: {', '.join(present)}.{hint}")


class TransformationError(TidegateError):
    """A transformation uses a column that does not exist, or does not return a DataFrame."""

    def __init__(self, what: str, problem: str) -> None:
        super().__init__(f"{what} {problem.rstrip()} Correct it and run the same command again. Nothing was written.")


class SchemaMismatchError(TidegateError):
    """A frame's columns or types differ from the declared schema."""

    def __init__(self, where: str, differences: Iterable[str]) -> None:
        listed = "; ".join(differences)
        super().__init__(f"{where}: the schema differs from the declared one: {listed}. Nothing was written.")


class ChangedDefinitionError(TidegateError):
    """A definition was changed without a new version number after the version had been used."""

    def __init__(self, kind: str, name: str, version: int, changes: Iterable[str]) -> None:
        super().__init__(
            f"{kind} {name}, version {version}, was used before with another definition: {'; '.join(changes)}. A version keeps "
            f"its definition: give the changed {kind} version {version + 1}, or restore the definition of version {version}. "
            "Nothing was written."
        )
