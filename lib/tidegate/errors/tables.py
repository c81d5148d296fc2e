"""Errors of commits to Delta tables by several writers."""

from tidegate.errors.base import TidegateError


class TableBusyError(TidegateError):
    """Another writer held the lock of a table for longer than we wait."""

    def __init__(self, path: str, waited: float, holder: str) -> None:
        super().__init__(
            f"table {path} is busy: its lock is held by {holder}, and was not free within {waited:g} s. Nothing was written "
            "here. Run the command again when the other one has ended; a killed process holds no lock."
        )


class LockFileError(TidegateError):
    """The lock file beside a table can't be used."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(
            f"the lock file {file} can't be used: {reason}. Every commit to a table on a local file system holds it; give this "
            "user the right to write it and its folder, or mount the file system with locks."
        )


class InterruptedWriteError(TidegateError):
    """Erasures or changes of the layout came before the commit of a batch again and again."""

    def __init__(self, group: str, rounds: int) -> None:
        super().__init__(
            f"feature group {group}: in each of {rounds} rounds people of the batch were forgotten, or maintenance changed the "
            "buckets of the table, before the batch could be committed. Nothing was written. Run it again when that has ended."
        )


class VersionGoneError(TidegateError):
    """Files that a run was reading were removed, by an erasure or by maintenance."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}: files of the tables that were being read were removed meanwhile, as an erasure or maintenance does. What "
            "was being written is not there. Run the command again: it reads the newest versions and does what is left."
        )


class ConflictError(TidegateError):
    """Other writers changed a table during every attempt to commit to it."""

    def __init__(self, path: str, attempts: int, kind: str) -> None:
        super().__init__(
            f"table {path}: {attempts} attempts to commit were all overtaken by other writers, the last one with {kind}. "
            "Nothing was written here. Run the command again when fewer writers change this table."
        )


class PrivateNameGoneError(TidegateError):
    """A private class of Delta or Spark is gone after an upgrade, and no public command does what it did."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(
            f"{what}. tidegate needs a private class for this, {name} or one that belongs to it, and this release of Delta or "
            "Spark doesn't have it; the warning in the log names all that is missing. Run the command with the releases in "
            "tidegate's requirements. No row was changed, and nothing was removed."
        )


class UnreadableLogError(TidegateError):
    """The files of a table's log don't say all of a version."""

    def __init__(self, path: str, version: int) -> None:
        super().__init__(
            f"table {path}: the files of its log don't hold all of version {version}. Maintenance or an erasure removed older "
            "versions, the table has checkpoints of version 2, or it is no Delta table. tidegate reads these files itself only "
            "where this release of Delta lacks the classes for it; run the command with the releases in tidegate's requirements."
        )
