"""Errors of landing files."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from tidegate.errors.base import TidegateError, did_you_mean


class EmptySourceError(TidegateError):
    """A source's landing folder is missing or holds nothing to read."""

    def __init__(self, source: str, folder: str, available: Iterable[str]) -> None:
        beside = ", ".join(sorted(available)) or "none"
        super().__init__(
            f"source {source}: {folder} is missing or empty (days available: none); sources in the landing zone: "
            f"{beside}.{did_you_mean(source, available)} Run the landing step or check the root. Nothing was written."
        )


class MissingDayError(TidegateError):
    """A daily source lacks days that a batch was asked for."""

    def __init__(self, source: str, folder: str, missing: Sequence[date], available: Sequence[date]) -> None:
        super().__init__(
            f"source {source}: no folder for {_days(missing)} in {folder}; available: {_days(available)}. Deliver the "
            f"missing day(s) or choose others with --from/--to. Nothing was written."
        )


class WrongFilesError(TidegateError):
    """Landing files break their source's declaration; the batch is refused whole."""

    def __init__(self, source: str, complaints: Mapping[str, str], shown: int = 5) -> None:
        listed = [f"  {file}: {complaint}" for file, complaint in list(complaints.items())[:shown]]
        more = [f"  and {len(complaints) - shown} more"] if len(complaints) > shown else []
        head = f"source {source}: {len(complaints)} wrong file(s), each refused whole:"
        tail = (
            "Nothing was written. Replace the file(s) by right ones, or declare what is in them, and run the same command again."
        )
        super().__init__("\n".join([head, *listed, *more, tail]))


def _days(days: Sequence[date]) -> str:
    """Write days for a message: up to five of them, else the first, the last and how many."""
    if len(days) <= 5:
        return ", ".join(day.isoformat() for day in days) or "none"
    return f"{min(days)} to {max(days)} ({len(days)} days)"


def _listed(files: Sequence[str], shown: int = 5) -> str:
    """Write names of files for a message: the first of them, and that there are more."""
    return f"{', '.join(files[:shown])}{', ...' if len(files) > shown else ''}"


class UnreadableFilesError(TidegateError):
    """A landing file can't be read to its end."""

    def __init__(self, source: str, folders: Sequence[str], reason: str) -> None:
        named = re.search(r"reading file (\S+?)\.? ", reason)
        several = f"a file in {folders[0]} to {folders[-1]}" if folders[0] != folders[-1] else folders[0]
        place = named.group(1) if named else several
        cause = "its checksum file (.crc) is not that of its content" if "ChecksumException" in reason else "it can't be read"
        remedy = "Deliver it again, or remove a stale .crc"
        # Hadoop can't name the checksum file of such a file.
        if ":" in place.rsplit("/", 1)[-1]:
            cause, remedy = "the name of a local file can't have a colon in it", "Give it a name without one"
        super().__init__(f"source {source}: {place}: {cause}. {remedy}. Nothing was written.")


class UnreadableTableError(TidegateError):
    """A Delta table that is a source can't be read: its log or a file of it is damaged or gone, or it kept no changes."""

    def __init__(self, source: str, what: str, reason: str) -> None:
        named = re.search(r"reading file (\S+?)\.? ", f"{reason} ")
        cause = f"{named.group(1)} is damaged or gone" if named else " ".join(reason.split())[:400].rstrip(".")
        super().__init__(
            f"source {source}: {what} can't be read: {cause}. Mend the table, such as by restoring the file that is named. Where "
            "only its past is lost, a source of another name takes the table as it is now. Nothing was written."
        )


class ChangedFilesError(TidegateError):
    """Files that were loaded from a source have changed, or are gone."""

    def __init__(self, source: str, found: Mapping[str, Sequence[str]]) -> None:
        parts = [f"{len(files)} loaded file(s) {what}: {_listed(files)}" for what, files in found.items() if files]
        super().__init__(
            f"source {source}: {'; '.join(parts)}. Put them back, or declare what that means: changed_files='reload' loads "
            "them again, vanished_files='accept' goes on. Nothing was written."
        )


class NoFilesError(TidegateError):
    """A source's folder is missing or holds no file, or no Delta table with rows."""

    def __init__(self, source: str, folder: str, sought: str = "file") -> None:
        super().__init__(
            f"source {source}: no {sought} under {folder}. Deliver {sought}s, or give the right folder. Nothing was written."
        )


class MissingFilesError(TidegateError):
    """Files that a load was told to find are not there."""

    def __init__(self, source: str, folder: str, missing: Sequence[str], available: Sequence[str]) -> None:
        hint = did_you_mean(missing[0], available)
        super().__init__(
            f"source {source}: {folder} lacks {', '.join(missing)}; there: {_listed(available, 10) or 'none'}.{hint} "
            "Deliver them, or don't expect them. Nothing was written."
        )


class FolderChangedError(TidegateError):
    """Files changed while they were read."""

    def __init__(self, source: str, files: Sequence[str]) -> None:
        super().__init__(
            f"source {source}: {_listed(files)} changed while they were read. Wait until the delivery has ended (or have it "
            "write to a name with _ in front, and rename), then run again. Nothing was written."
        )


class SeveralRowsError(TidegateError):
    """Rows can't be let out of quarantine one by one: the transformation looks at several rows at once."""

    def __init__(self, source: str, group: str, rows: int, reason: str) -> None:
        super().__init__(
            f"source {source}: {rows} held row(s) are as declared now, but the transformation into feature group {group} looks "
            f"at several rows at once ({reason}). It would get the released rows without the accepted ones that belong with "
            "them, and put too little in the place of what is stored. Deliver what belongs together again: the same files, with "
            "changed_files='reload' in the source, and ./spark-submit.sh jobs/load.py --system SYSTEM --arrived-at MOMENT; of a "
            "Delta table a new version. Nothing was changed."
        )


class MissingMomentError(TidegateError):
    """Files that each hold a state don't say of which moment."""

    def __init__(self, source: str, files: Sequence[str], pattern: str) -> None:
        super().__init__(
            f"source {source}: no moment in the name(s) {_listed(files)}; expected what "
            f"matches {pattern}. Rename them, or declare StateFiles(moment=...). Nothing was written."
        )
