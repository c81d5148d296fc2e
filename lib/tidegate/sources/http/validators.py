"""Read what a server says about the version and the bytes of a file: ETag, Last-Modified, digests."""

import hashlib
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path

# Names in headers, names in hashlib.
_ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512", "md5": "md5"}


@dataclass(frozen=True)
class Validators:
    """What names one version of a file.

    Attributes:
        etag: The server's name of the version; with `W/` before it, versions of the same name may differ in bytes.
        last_modified: As the server wrote it: some compare the text.
        date: When the server answered.
    """

    etag: str | None = None
    last_modified: str | None = None
    date: str | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Validators":
        """Read them from an answer. A value that can't be sent back unchanged is left out."""
        etag = headers.get("etag")
        dates = [text if parsed_date(text) else None for text in (headers.get("last-modified"), headers.get("date"))]
        return cls(etag if etag and etag.isascii() and etag.isprintable() else None, dates[0], dates[1])

    @property
    def _settled(self) -> bool:
        """Whether the date names one version: a file answered in the second of its change may change again in it."""
        changed, answered = parsed_date(self.last_modified), parsed_date(self.date)
        return changed is not None and answered is not None and answered - changed >= timedelta(seconds=1)

    def conditions(self) -> dict[str, str]:
        """Return headers that ask for the file unless it is this version."""
        found = {"If-None-Match": self.etag} if self.etag else {}
        if self.last_modified and self._settled:
            found["If-Modified-Since"] = self.last_modified
        return found

    @property
    def for_range(self) -> str | None:
        """The value of If-Range for a part of the file (RFC 9110, 13.1.5): no weak ETag, and a date only without any ETag."""
        if self.etag:
            return None if self.etag.startswith("W/") else self.etag
        return self.last_modified if self._settled else None

    def contradicts(self, other: "Validators") -> bool:
        """Tell whether both name a version and not the same one."""
        if self.etag and other.etag:
            return self.etag != other.etag
        return bool(self.last_modified and other.last_modified) and self.last_modified != other.last_modified


@dataclass(frozen=True)
class Digest:
    """A checksum that a server states.

    Attributes:
        said_by: The header.
        algorithm: As hashlib names it.
        value: In hexadecimal digits.
    """

    said_by: str
    algorithm: str
    value: str


def parsed_date(text: str | None) -> datetime | None:
    """Read an HTTP date; None where it is none."""
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):
        return None
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def stated_digests(headers: Mapping[str, str], whole: bool) -> tuple[Digest, ...]:
    """Read the checksums of the whole file from an answer; those of a message's body say it only where the body is whole."""
    names = ("Repr-Digest", "Digest", "Content-Digest") if whole else ("Repr-Digest", "Digest")
    pairs = [(name, *item.strip().partition("=")) for name in names for item in headers.get(name, "").split(",")]
    if whole:
        pairs.append(("Content-MD5", "md5", "=", headers.get("Content-MD5", "")))
    found = [_digest(name, algorithm.strip().lower(), value) for name, algorithm, _, value in pairs]
    return tuple(digest for digest in found if digest is not None)


def _digest(said_by: str, algorithm: str, value: str) -> Digest | None:
    """Read base64 as the standards have it, with or without colons, or hexadecimal digits as some servers send them."""
    if algorithm not in _ALGORITHMS:
        return None
    name = _ALGORITHMS[algorithm]
    size, text = hashlib.new(name, usedforsecurity=False).digest_size, value.partition(";")[0].strip().strip(":")
    for read in (b64decode, bytes.fromhex):
        try:
            content = read(text)
        except ValueError:
            continue
        if len(content) == size:
            return Digest(said_by, name, content.hex())
    return None


def file_digest(path: Path, algorithm: str) -> str:
    """Return the checksum of a file in hexadecimal digits; the algorithm is named as in hashlib."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, partial(hashlib.new, algorithm, usedforsecurity=False)).hexdigest()
