"""Read what a server states about the version and the bytes of a file: ETag, Last-Modified and digests."""

import hashlib
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path

# The names of checksums in headers, and in hashlib.
_ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512", "md5": "md5"}


@dataclass(frozen=True)
class Validators:
    """What a server states to identify one version of a file.

    Attributes:
        etag: The server's name of the version. If it starts with `W/`, versions with the same name may differ in their bytes.
        last_modified: When the file was last changed, exactly as the server wrote it, because some servers compare the text.
        date: When the server answered, as the server wrote it.
    """

    etag: str | None = None
    last_modified: str | None = None
    date: str | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Validators":
        """Read the validators from the headers of an answer. A value that can't be sent back unchanged is left out."""
        etag = headers.get("etag")
        dates = [text if parsed_date(text) else None for text in (headers.get("last-modified"), headers.get("date"))]
        return cls(etag if etag and etag.isascii() and etag.isprintable() else None, dates[0], dates[1])

    @property
    def _settled(self) -> bool:
        """Whether `last_modified` identifies one version.

        It has a resolution of one second. If the server answered in the second of the change, the file could change once more
        in that second.
        """
        changed, answered = parsed_date(self.last_modified), parsed_date(self.date)
        return changed is not None and answered is not None and answered - changed >= timedelta(seconds=1)

    def conditions(self) -> dict[str, str]:
        """Return the headers that ask for the file only if it is no longer this version."""
        found = {"If-None-Match": self.etag} if self.etag else {}
        if self.last_modified and self._settled:
            found["If-Modified-Since"] = self.last_modified
        return found

    @property
    def for_range(self) -> str | None:
        """The value of the header If-Range that asks for the rest of this version; None if the version can't be continued.

        RFC 9110, 13.1.5, does not allow a weak ETag here, and a date only if there is no ETag.
        """
        if self.etag:
            return None if self.etag.startswith("W/") else self.etag
        return self.last_modified if self._settled else None

    def contradicts(self, other: "Validators") -> bool:
        """Return whether both identify a version, and the versions are different."""
        if self.etag and other.etag:
            return self.etag != other.etag
        return bool(self.last_modified and other.last_modified) and self.last_modified != other.last_modified


@dataclass(frozen=True)
class Digest:
    """A checksum that the file has to have.

    Attributes:
        said_by: Where the checksum comes from, for messages: the name of the server's header, or the declaration.
        algorithm: The name of the algorithm in hashlib.
        value: The checksum as hexadecimal digits.
    """

    said_by: str
    algorithm: str
    value: str


def parsed_date(text: str | None) -> datetime | None:
    """Return an HTTP date as a moment in UTC; None if the text is not a date."""
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):
        return None
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def stated_digests(headers: Mapping[str, str], whole: bool) -> tuple[Digest, ...]:
    """Return the checksums of the whole file that an answer states.

    Args:
        headers: The headers of the answer.
        whole: Whether the body is the whole file. If not, headers about the body (Content-Digest, Content-MD5) are left out.
    """
    names = ("Repr-Digest", "Digest", "Content-Digest") if whole else ("Repr-Digest", "Digest")
    pairs = [(name, *item.strip().partition("=")) for name in names for item in headers.get(name, "").split(",")]
    if whole:
        pairs.append(("Content-MD5", "md5", "=", headers.get("Content-MD5", "")))
    found = [_digest(name, algorithm.strip().lower(), value) for name, algorithm, _, value in pairs]
    return tuple(digest for digest in found if digest is not None)


def _digest(said_by: str, algorithm: str, value: str) -> Digest | None:
    """Read one checksum: base64 with or without colons, as the standards say, or hexadecimal digits, as some servers send."""
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
