"""Errors about several jobs that write or delete files of one Delta table at the same time."""

from tidegate.errors.base import TidegateError


class TableBusyError(TidegateError):
    """Another process held the lock of a table for longer than this one waits."""

    def __init__(self, path: str, waited: float, holder: str) -> None:
        super().__init__(
            f"table {path} is busy: its lock is held by {holder} and did not become free within {waited:g} s. Nothing was "
            "written here. Run the command again when the other one has ended. The lock of a killed process is released."
        )


class LockFileError(TidegateError):
    """The lock file of a table can't be opened or locked."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(
            f"the lock file {file} can't be used: {reason}. Every commit to a table on a local file system needs this lock. Give "
            "this user permission to write the file and its folder, or mount the file system with support for locks."
        )


class InterruptedWriteError(TidegateError):
    """An erasure or a maintenance run changed the table during every attempt to commit a batch."""

    def __init__(self, group: str, rounds: int) -> None:
        super().__init__(
            f"feature group {group}: in each of {rounds} attempts, an erasure forgot people of the batch, or maintenance changed "
            "the buckets of the table, before the batch was committed. Nothing was written. Run the command again when the "
            "erasure or the maintenance has ended."
        )


class OvertakenStepError(TidegateError):
    """Another run computed a derived feature group while this run computed it."""

    def __init__(self, group: str) -> None:
        super().__init__(
            f"feature group {group}: another run computed it from newer inputs in the meantime. Its rows are stored, and nothing "
            "of this run was written. Run the command again if you are not sure that the other run has ended."
        )


class VersionGoneError(TidegateError):
    """An erasure or maintenance deleted files that a run was reading."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}: files of the tables were deleted while this run was reading them; an erasure or maintenance does that. The "
            "write in progress was not committed. Run the command again: it reads the newest versions and writes what is missing."
        )


class ConflictError(TidegateError):
    """Other processes changed a table during every attempt to commit to it."""

    def __init__(self, path: str, attempts: int, kind: str) -> None:
        super().__init__(
            f"table {path}: all {attempts} attempts to commit failed because other writers changed the table at the same time; "
            f"the last one failed with {kind}. Nothing was written here. Run the command again when fewer writers change this "
            "table."
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
    """The files of a table's log no longer describe a version completely."""

    def __init__(self, path: str, version: int) -> None:
        super().__init__(
            f"table {path}: the files of its log don't describe version {version} completely. Maintenance or an erasure removed "
            "older versions, the table has checkpoints of version 2, or it is no Delta table. tidegate reads these files itself "
            "only if this release of Delta lacks the classes for it; run the command with the releases in its requirements."
        )
