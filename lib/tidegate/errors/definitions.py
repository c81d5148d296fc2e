"""Errors of definitions and of schemas."""

from collections.abc import Iterable

from tidegate.errors.base import TidegateError, did_you_mean


class DefinitionError(TidegateError):
    """A feature group, view or system contradicts itself; raised when it is defined, long before a job."""


class NaiveMomentError(DefinitionError):
    """A moment has no zone: it would mean another time on every machine."""

    def __init__(self, what: str, given: str) -> None:
        super().__init__(
            f"{what} is {given}, without a zone; give it one, such as datetime(2024, 1, 31, 12, tzinfo=UTC) or "
            "tzinfo=ZoneInfo('Europe/Warsaw'). Nothing was done."
        )


class MissingColumnsError(TidegateError):
    """A frame lacks columns that a definition names."""

    def __init__(self, where: str, missing: Iterable[str], available: Iterable[str]) -> None:
        names, present = sorted(missing), sorted(available)
        hint = did_you_mean(names[0], present) if names else ""
        super().__init__(f"{where}: missing column(s) {', '.join(names)}; available: {', '.join(present)}.{hint}")


class TransformationError(TidegateError):
    """The code that computes rows names a column that is not there, or gives no rows."""

    def __init__(self, what: str, problem: str) -> None:
        super().__init__(f"{what} {problem.rstrip()} Mend it, and run the same again; nothing was written.")


class SchemaMismatchError(TidegateError):
    """A frame's columns or types differ from the declared schema."""

    def __init__(self, where: str, differences: Iterable[str], available: Iterable[str] = ()) -> None:
        listed, there = "; ".join(differences), ", ".join(available)
        columns = f" Columns there: {there}." if there else ""
        super().__init__(
            f"{where}: the schema differs from the declared one: {listed}.{columns} `select` the declared columns, cast to their "
            "types, or change the definition. Nothing was written."
        )


class ChangedDefinitionError(TidegateError):
    """A definition says something else than its version meant when it was first used."""

    def __init__(self, kind: str, name: str, version: int, changes: Iterable[str]) -> None:
        super().__init__(
            f"{kind} {name}, version {version}, was used before with another definition: {'; '.join(changes)}. One version has "
            f"one meaning: give the changed {kind} version {version + 1}, or go back to what version {version} meant. "
            "Nothing was written."
        )
