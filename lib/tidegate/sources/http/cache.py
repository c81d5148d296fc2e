"""The cache of fetched files: a folder of whole files, with a hidden folder that has notes on each file.

cache/flights.csv                       the file, always whole
cache/.fetch/flights.csv/record.json    its url, version and checksum
cache/.fetch/flights.csv/content.part   the bytes of a newer version that have arrived so far
cache/.fetch/flights.csv/part.json      the version that these bytes belong to
cache/.fetch/flights.csv/lock           locked by the one process that fetches the file
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from tidegate.sources.http.validators import Digest, Validators, file_digest

LOG = logging.getLogger("tidegate")
_HIDDEN = ".fetch"
_SECONDS_BETWEEN_TRIES = 0.1


@dataclass(frozen=True)
class Record:
    """What the cache records about a whole file.

    Attributes:
        url: The url it was fetched from, without secrets, for people to read.
        resource: A hash that identifies the url.
        validators: The server's names of the file's version.
        sha256: The checksum of the file's bytes, as hexadecimal digits.
        bytes: The length of the file in bytes.
    """

    url: str
    resource: str
    validators: Validators
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Part:
    """The file that the bytes received so far are a part of.

    Attributes:
        resource: A hash that identifies the url.
        validators: The server's names of the file's version.
        total: The length of the whole file in bytes; None if the server did not state it.
        digests: The checksums of the whole file that the server stated.
    """

    resource: str
    validators: Validators
    total: int | None
    digests: tuple[Digest, ...] = ()


Note = TypeVar("Note", Record, Part)


@dataclass(frozen=True)
class CacheEntry:
    """The place of one file in the cache. Call methods that change it only inside `locked()`."""

    cache: Path
    name: str

    @property
    def content(self) -> Path:
        """The path of the whole file."""
        return self.cache / self.name

    @property
    def part_content(self) -> Path:
        """The path of the bytes received so far."""
        return self._notes / "content.part"

    @property
    def _notes(self) -> Path:
        return self.cache / _HIDDEN / self.name

    @contextmanager
    def locked(self, stop: Event) -> Iterator[None]:
        """Hold the file's lock, and wait for it as long as another process has it.

        The operating system releases the lock when its process ends, even if the process is killed.

        Raises:
            CancelledError: `stop` was set during the wait.
            OSError: The cache can't be written, or its file system has no locks.
        """
        self._notes.mkdir(parents=True, exist_ok=True)
        # The lock file is never removed. A lock on a removed file would not keep out a process that creates a new file.
        with (self._notes / "lock").open("ab") as lock:
            waiting = False
            while not _try_lock(lock.fileno()):
                if not waiting:
                    LOG.info("%s: waiting for another process that is fetching this file", self.name)
                    waiting = True
                if stop.wait(_SECONDS_BETWEEN_TRIES):
                    raise CancelledError
            yield

    def record(self) -> Record | None:
        """Return the record of the file, or None if there is none. The file itself may have been lost or damaged since."""
        return _read(self._notes / "record.json", Record)

    def is_intact(self, record: Record) -> bool:
        """Return whether the file still has the length and the checksum of the record."""
        try:
            same_length = self.content.stat().st_size == record.bytes
            return same_length and file_digest(self.content, "sha256") == record.sha256
        except FileNotFoundError:
            return False

    def write_record(self, record: Record) -> None:
        """Replace the record of the file."""
        _write(self._notes / "record.json", record, Record)

    def resumable_part(self, resource: str) -> Part | None:
        """Return the part of this resource that a server can continue; None if there is none."""
        part = _read(self._notes / "part.json", Part)
        if part is None or part.resource != resource or part.validators.for_range is None:
            return None
        size = self.part_bytes()
        fits = size > 0 and (part.total is None or size <= part.total)
        return part if fits else None

    def part_bytes(self) -> int:
        """Return the number of bytes received so far."""
        try:
            return self.part_content.stat().st_size
        except FileNotFoundError:
            return 0

    def start_part(self, part: Part) -> None:
        """Delete the bytes received so far and begin a new part.

        The steps are ordered so that, whenever the process dies, the bytes of one version never lie next to the note of another.
        """
        self.drop_part()
        self.part_content.touch()
        _write(self._notes / "part.json", part, Part)

    def drop_part(self) -> None:
        """Delete the bytes received so far, and the note on them."""
        (self._notes / "part.json").unlink(missing_ok=True)
        self.part_content.unlink(missing_ok=True)

    def keep_part(self, record: Record) -> None:
        """Replace the file by the part, which must be whole and checked.

        The file is replaced before the record is written. If the process dies in between, the next one fetches the file again. In
        the other order, the next process would take the old bytes for the new version.
        """
        _to_disk(self.part_content)
        self.part_content.replace(self.content)
        _to_disk(self.cache)
        self.write_record(record)
        self.drop_part()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path, kind: type[Note]) -> Note | None:
    """Read a note. A note that can't be read counts as missing; at worst, the file is transferred once more."""
    try:
        return TypeAdapter(kind).validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _write(path: Path, note: Note, kind: type[Note]) -> None:
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(TypeAdapter(kind).dump_json(note, indent=1))
    _to_disk(beside)
    beside.replace(path)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
