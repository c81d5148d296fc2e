"""Errors of what a user types or configures."""

from collections.abc import Sequence

from tidegate.errors.base import TidegateError, did_you_mean


class ConfigurationError(TidegateError):
    """All mistakes of a configuration at once."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        listed = "\n".join(f"  - {mistake}" for mistake in mistakes)
        super().__init__(f"the configuration has {len(mistakes)} mistake(s):\n{listed}")


class UsageError(TidegateError):
    """The options of a command contradict each other or miss something; the message says what to type."""


class UnknownSystemError(TidegateError):
    """No system of this name can be imported."""

    def __init__(self, name: str, available: Sequence[str], reason: str, declared: str = "SYSTEM") -> None:
        super().__init__(
            f"unknown system {name!r}: {reason}. Available: {', '.join(available)}; a system of your own is named by its "
            f"importable package, such as mycompany.churn, which has a {declared}.{did_you_mean(name, available)}"
        )


class NoLoadsError(TidegateError):
    """A package says nothing of what is loaded."""

    def __init__(self, package: str, found: str, available: Sequence[str]) -> None:
        super().__init__(
            f"package {package} {found}. Write there what it loads, LOADS = (Loading(source, group, folder, transform),), as "
            f"docs/sources.md shows. Examples that have it: {', '.join(available)}. Nothing was read."
        )


class UnknownSourceError(TidegateError):
    """A package loads no source of this name."""

    def __init__(self, name: str, package: str, available: Sequence[str]) -> None:
        super().__init__(
            f"no source {name!r} in package {package}; available: {', '.join(available) or 'none'}."
            f"{did_you_mean(name, available)}"
        )


class RootNotWritableError(TidegateError):
    """Nothing can be written under the root."""

    def __init__(self, root: str, reason: str) -> None:
        super().__init__(
            f"root {root!r} can't be written: {reason}. Give one that you may write with --root, or change its permissions."
        )


class RootNotReadableError(TidegateError):
    """A folder of a root belongs to a user who lets no other one read it."""

    def __init__(self, root: str, folder: str, owner: str) -> None:
        super().__init__(
            f"root {root!r} can't be read: this user has no permission to read the folder {folder}, which belongs to {owner}. "
            f"Ask for it, such as by: chmod -R a+rX '{folder}'. A user who writes a root for others needs a umask of 022."
        )


class RootFormatError(TidegateError):
    """What lies under a root is in another format than this program reads and writes."""

    def __init__(self, root: str, found: str, current: int) -> None:
        older = found.isdigit() and int(found) < current
        step = (
            "Migrate it, with no other job at work: ./spark-submit.sh jobs/maintain.py --system SYSTEM --root ROOT --migrate"
            if older
            else "It was made by a newer tidegate; install that one."
        )
        super().__init__(f"root {root!r} is in format {found}, this program works on format {current}. {step}")


class UnsafeLogStoreError(TidegateError):
    """Several drivers would write to S3 with a log store that loses their commits."""

    def __init__(self, root: str, setting: str, needed: str, found: str | None) -> None:
        super().__init__(
            f"root {root!r} with `drivers: several`: {setting} is {found or 'not set'}, and S3 would lose commits of two drivers "
            f"without a word. Give --conf {setting}={needed} with its DynamoDB table to every driver (docs/several_drivers.md), "
            "or let one driver write at a time and set `drivers: one`."
        )


class SparkConnectError(TidegateError):
    """A session is not one of Spark Classic."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"{found}. tidegate works with sessions of Spark Classic only: it needs the driver's JVM, which Spark Connect hides. "
            "Make one by tidegate.session.build_session, or run a job by ./spark-submit.sh."
        )


class TextFileNotWrittenError(TidegateError):
    """A page or another text file could not be written."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: the file was not written: {reason}. Check that the folder exists or can be created.")
