"""Errors about lists of people to forget, and about the key that recognises them. No message shows an identifier."""

from collections.abc import Sequence

from tidegate.errors.base import TidegateError


class SubjectsFileError(TidegateError):
    """The file with the people to forget can't be used."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"subjects file {path!r}: {reason}. Give a text file with one identifier a line. Nothing was changed.")


class SubjectsFrameError(TidegateError):
    """The frame with the people to forget can't be used."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the frame of subjects to forget: {reason}. Give a frame with a column `subject` that has one identifier in each "
            "row. Nothing was changed."
        )

    @classmethod
    def without_column(cls, name: str, columns: Sequence[str]) -> "SubjectsFrameError":
        """Return the error for a frame that does not have the column `name`."""
        return cls(f"it has no column {name!r}; it has {', '.join(columns) or 'no column at all'}")


class NobodyNamedError(TidegateError):
    """No table of the store has a subject column, so that nobody can be forgotten."""

    def __init__(self, root: str, tables: Sequence[str]) -> None:
        listed = f"its tables are {', '.join(tables)}" if tables else "it has no tables yet"
        super().__init__(
            f"no table of this store has a subject column: {listed} (root {root!r}). Nobody can be forgotten here, so nothing "
            "was changed and no key is needed. If a column does name people, declare it as the `subject` of its feature group, "
            "write the group again and repeat the command. If this is the wrong store, give the right one with --root."
        )


class KeyReplacementError(TidegateError):
    """The key of the suppression list can't be replaced; the message says why and what to do."""


_LOST = "If that key is lost, read `The key is lost` in docs/erasure.md and run ./spark-submit.sh jobs/subject_key.py --help."


class MissingSecretError(TidegateError):
    """The environment variable with the secret key of the suppression list is missing or too short."""

    def __init__(self, variable: str, minimum: int) -> None:
        super().__init__(
            f"environment variable {variable} is not set or shorter than {minimum} characters. Without it, tidegate can't "
            "recognise forgotten people when their rows are delivered again. If somebody was already forgotten in this store, "
            f"every job that writes rows of people needs the key that was used then. {_LOST} If nobody was forgotten in this "
            "store yet, make a key with `openssl rand -hex 32` and keep it as a secret. Nothing was written."
        )


class WrongSecretError(TidegateError):
    """The suppression list of the store was made with another key than the environment holds."""

    def __init__(self, variable: str, stored: str, given: str) -> None:
        super().__init__(
            f"the suppression list was made with the key with fingerprint {stored}, but {variable} holds the key with "
            f"fingerprint {given}. Forgotten people would not be recognised and could come back. Set the variable to the key "
            f"that was used for this store. {_LOST} Nothing was written."
        )
