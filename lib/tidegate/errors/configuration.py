"""Errors about command lines, configuration files, roots and sessions."""

from collections.abc import Sequence

from tidegate.errors.base import TidegateError, did_you_mean


class ConfigurationError(TidegateError):
    """The configuration is wrong; the message lists all of its mistakes."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        listed = "\n".join(f"  - {mistake}" for mistake in mistakes)
        super().__init__(f"the configuration has {len(mistakes)} mistake(s):\n{listed}")


class UsageError(TidegateError):
    """The options of a command or the arguments of a call are wrong or incomplete; the message says what to give."""


class UnknownSystemError(TidegateError):
    """No system of this name can be imported."""

    def __init__(self, name: str, available: Sequence[str], reason: str) -> None:
        super().__init__(
            f"unknown system {name!r}: {reason}. Available: {', '.join(available)}. To use a system of your own, give the name "
            f"of its importable package, such as mycompany.churn, which defines SYSTEM.{did_you_mean(name, available)}"
        )


class MissingPartError(TidegateError):
    """A system does not declare a part that a command needs."""

    def __init__(self, system: str, part: str, example: str) -> None:
        super().__init__(f"system {system!r} declares no {part}; the command needs it. Declare System(..., {part}={example}).")


class UnknownSourceError(TidegateError):
    """A system has no source of this name."""

    def __init__(self, name: str, system: str, available: Sequence[str]) -> None:
        super().__init__(
            f"system {system} has no source {name!r}; available: {', '.join(available) or 'none'}.{did_you_mean(name, available)}"
        )


class RootNotWritableError(TidegateError):
    """This user can't write under the root."""

    def __init__(self, root: str, reason: str) -> None:
        super().__init__(
            f"root {root!r} can't be written: {reason}. Give a root that you may write with --root, or change its permissions."
        )


class RootNotReadableError(TidegateError):
    """A folder of the root belongs to another user and can't be read by this one."""

    def __init__(self, root: str, folder: str, owner: str) -> None:
        super().__init__(
            f"root {root!r} can't be read: this user has no permission to read the folder {folder}, which belongs to {owner}. "
            f"Ask the owner for read permission, for example: chmod -R a+rX '{folder}'. A user who writes a root that others "
            "read needs the umask 022."
        )


class RootFormatError(TidegateError):
    """The root has another format than this version of tidegate reads and writes."""

    def __init__(self, root: str, found: str, current: int) -> None:
        older = found.isdigit() and int(found) < current
        step = (
            "Migrate it while no other job is running: ./spark-submit.sh jobs/maintain.py --system SYSTEM --root ROOT --migrate"
            if older
            else "A newer version of tidegate made it; install that version."
        )
        super().__init__(f"root {root!r} has format {found}, but this version of tidegate works with format {current}. {step}")


class UnsafeLogStoreError(TidegateError):
    """Several drivers would write to S3 with a log store that can lose their commits."""

    def __init__(self, root: str, setting: str, needed: str, found: str | None) -> None:
        super().__init__(
            f"root {root!r} with `drivers: several`: {setting} is {found or 'not set'}, so two drivers that commit at the same "
            f"time could overwrite each other's commits on S3 without an error. Give --conf {setting}={needed} and its DynamoDB "
            "table to every driver (docs/several_drivers.md), or let one driver write at a time and set `drivers: one`."
        )


class SparkConnectError(TidegateError):
    """A session is not a Spark Classic session."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"{found}. tidegate works only with Spark Classic sessions: it needs the driver's JVM, which Spark Connect does not "
            "give access to. Make a session with tidegate.session.build_session, or run a job with ./spark-submit.sh."
        )


class TextFileNotWrittenError(TidegateError):
    """A page or another text file could not be written."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: the file was not written: {reason}. Check that the folder exists or can be created.")
