"""Errors about sources: landing files, folders and Delta tables that are loaded."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from tidegate.errors.base import TidegateError, did_you_mean


class MissingDayError(TidegateError):
    """A source with one folder a day has no folder for some of the requested days."""

    def __init__(self, source: str, folder: str, missing: Sequence[date], available: Sequence[date]) -> None:
        super().__init__(
            f"source {source}: no folder for {_days(missing)} in {folder}; available: {_days(available)}. Deliver the "
            f"missing day(s) or choose other days with --from and --to. Nothing was written."
        )


class NoDaysError(TidegateError):
    """Days are chosen of a feature group whose inputs are not divided into days."""

    def __init__(self, group: str, first: date) -> None:
        super().__init__(
            f"feature group {group}: days were chosen, from {first} on, but its inputs have no folders of days. Leave out the "
            "days, so that everything is computed; or declare by_day=True in the source, if its files lie in folders such as "
            "day=2024-01-31. Nothing was written."
        )


class WrongFilesError(TidegateError):
    """Landing files don't fit the declaration of their source; nothing of the batch is written."""

    def __init__(self, source: str, complaints: Mapping[str, str], shown: int = 5) -> None:
        listed = [f"  {file}: {complaint}" for file, complaint in list(complaints.items())[:shown]]
        more = [f"  and {len(complaints) - shown} more"] if len(complaints) > shown else []
        head = f"source {source}: {len(complaints)} file(s) don't fit the declaration of the source:"
        tail = "Nothing was written. Correct the file(s) or the declaration, and run the same command again."
        super().__init__("\n".join([head, *listed, *more, tail]))


def _days(days: Sequence[date]) -> str:
    """Return days as text for a message: all of them up to five, otherwise the first, the last and the count."""
    if len(days) <= 5:
        return ", ".join(day.isoformat() for day in days) or "none"
    return f"{min(days)} to {max(days)} ({len(days)} days)"


def _listed(files: Sequence[str], shown: int = 5) -> str:
    """Return the first names of files as text for a message, with `...` if there are more."""
    return f"{', '.join(files[:shown])}{', ...' if len(files) > shown else ''}"


class UnreadableFilesError(TidegateError):
    """Spark can't read a landing file to its end."""

    def __init__(self, source: str, folders: Sequence[str], reason: str) -> None:
        named = re.search(r"reading file (\S+?)\.? ", reason)
        several = f"a file in {folders[0]} to {folders[-1]}" if folders[0] != folders[-1] else folders[0]
        place = named.group(1) if named else several
        cause = "its checksum file (.crc) does not fit its content" if "ChecksumException" in reason else "it can't be read"
        remedy = "Deliver it again, or remove an outdated .crc file"
        # Hadoop makes the name of the checksum file from the name of the file, and can't do so if that has a colon.
        if ":" in place.rsplit("/", 1)[-1]:
            cause, remedy = "the name of a local file can't contain a colon", "Rename the file"
        super().__init__(f"source {source}: {place}: {cause}. {remedy}. Nothing was written.")


class UnreadableTableError(TidegateError):
    """Spark can't read a source's Delta table: its log or a data file is damaged or missing, or it recorded no changes."""

    def __init__(self, source: str, what: str, reason: str) -> None:
        named = re.search(r"reading file (\S+?)\.? ", f"{reason} ")
        cause = f"{named.group(1)} is damaged or missing" if named else " ".join(reason.split())[:400].rstrip(".")
        super().__init__(
            f"source {source}: {what} can't be read: {cause}. Repair the table, for example by restoring the named file. If only "
            "older versions of the table are lost, declare a source with another name: it loads the table as it is now. Nothing "
            "was written."
        )


class ChangedFilesError(TidegateError):
    """Files that were already loaded from a source have changed or were deleted."""

    def __init__(self, source: str, found: Mapping[str, Sequence[str]]) -> None:
        parts = [f"{len(files)} loaded file(s) {what}: {_listed(files)}" for what, files in found.items() if files]
        super().__init__(
            f"source {source}: {'; '.join(parts)}. Restore them, or declare in the source what to do: changed_files='reload' "
            "loads changed files again, vanished_files='accept' ignores missing ones. Nothing was written."
        )


class NoFilesError(TidegateError):
    """The folder of a source is missing, or contains no file, or no Delta table with rows."""

    def __init__(self, source: str, folder: str, sought: str = "file") -> None:
        super().__init__(
            f"source {source}: there is no {sought} under {folder}. Deliver a {sought}, or give the right folder. Nothing was "
            "written."
        )


class MissingFilesError(TidegateError):
    """Files that a load declares as expected are missing."""

    def __init__(self, source: str, folder: str, missing: Sequence[str], available: Sequence[str]) -> None:
        hint = did_you_mean(missing[0], available)
        super().__init__(
            f"source {source}: expected file(s) missing in {folder}: {', '.join(missing)}; available: "
            f"{_listed(available, 10) or 'none'}.{hint} Deliver them, or don't declare them as expected. Nothing was written."
        )


class FolderChangedError(TidegateError):
    """Files changed while they were being read."""

    def __init__(self, source: str, files: Sequence[str]) -> None:
        super().__init__(
            f"source {source}: {_listed(files)} changed while being read. Run the same command again when the delivery has "
            "ended. To avoid this, deliver files under a name that begins with _ and rename them when they are complete. "
            "Nothing was written."
        )


class SeveralRowsError(TidegateError):
    """A step that gets the rows of a source as they come combines several of them."""

    def __init__(self, source: str, group: str, reason: str) -> None:
        super().__init__(
            f"source {source}: the step of feature group {group} combines several rows ({reason}), but it gets only the rows of "
            "new files, and rows that belong together can come in different files. So let it read the stored rows: declare `key` "
            "and `event_time` in the source, and give the step the input reads(SOURCE, before=..., after=...). Nothing was "
            "written."
        )


class MissingMomentError(TidegateError):
    """The name of a file that holds a full state does not contain the moment of that state."""

    def __init__(self, source: str, files: Sequence[str], pattern: str) -> None:
        super().__init__(
            f"source {source}: there is no moment in the file name(s) {_listed(files)}; expected a part that matches {pattern}. "
            "Rename the file(s), or declare StateFiles(moment=...). Nothing was written."
        )


class DatabaseError(TidegateError):
    """A database of a JDBC source can't be reached, refuses a query, or has rows that no load would take."""

    def __init__(self, source: str, url: str, reason: str, step: str) -> None:
        super().__init__(f"source {source}: {url}: {reason}. {step} Nothing was written.")
