"""Errors of lists of people, and of the key that recognises them. None of them shows an identifier."""

from collections.abc import Sequence

from tidegate.errors.base import TidegateError


class SubjectsFileError(TidegateError):
    """The file with the subjects to forget can't be used."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"subjects file {path!r}: {reason}. Give a text file with one identifier a line. Nothing was changed.")


class SubjectsFrameError(TidegateError):
    """The frame with the subjects to forget can't be used."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the frame of subjects to forget: {reason}. Give a frame with a column `subject` that holds one identifier a row. "
            "Nothing was changed."
        )

    @classmethod
    def without_column(cls, name: str, columns: Sequence[str]) -> "SubjectsFrameError":
        """The frame has no column of subjects."""
        return cls(f"it has no column {name!r}; it has {', '.join(columns) or 'no column at all'}")


class NobodyNamedError(TidegateError):
    """No table of the store names a person, so that nobody can be forgotten."""

    def __init__(self, root: str, tables: Sequence[str]) -> None:
        listed = f"its tables are {', '.join(tables)}" if tables else "it has no tables yet"
        super().__init__(
            f"no table of this store names a subject: {listed} (root {root!r}). Nobody can be forgotten here, so nothing was "
            "changed and no key is needed. If a column does name people, declare it as the `subject` of its feature group, write "
            "the group again and repeat. If this is the wrong store, give the other one with --root."
        )


class KeyReplacementError(TidegateError):
    """The key of the suppression list can't be replaced; the message says why and what to do."""


_LOST = "If that key is lost, read `The key is lost` in docs/erasure.md and run ./spark-submit.sh jobs/subject_key.py --help."


class MissingSecretError(TidegateError):
    """A secret that only the environment may hold is not there."""

    def __init__(self, variable: str, minimum: int) -> None:
        super().__init__(
            f"environment variable {variable} is not set or shorter than {minimum} characters; without it forgotten people are "
            "not recognised when their rows come again. A store in which somebody was forgotten needs the key that was used "
            f"then, for every job. {_LOST} For a store in which nobody was forgotten yet, make a key with "
            "`openssl rand -hex 32` and keep it as a secret. Nothing was written."
        )


class WrongSecretError(TidegateError):
    """The store's suppression list was made with another key."""

    def __init__(self, variable: str, stored: str, given: str) -> None:
        super().__init__(
            f"the suppression list was made with the key of fingerprint {stored}, but {variable} holds the one of {given}; "
            f"forgotten people would not be recognised and could come back. Set the key that the store was used with. {_LOST} "
            "Nothing was written."
        )
