"""Files on HTTP servers: what a source declares of them, how they are asked for, and what comes back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import httpx

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.sources.http_urls import SCHEMES, shown_url

_LONGEST_NAME = 200
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# What a transfer sets itself; another value would make it mistake a part for a whole.
_OWN_HEADERS = {
    "accept-encoding",
    "content-length",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
    "transfer-encoding",
}


@dataclass(frozen=True, repr=False)
class HttpFile:
    """A file on an HTTP server. Its text and its messages never show the url's password and query values.

    Attributes:
        url: Where the file is, http or https.
        name: The name that it gets; by default the last part of the url's path.
        sha256: What its bytes must have, as 64 hexadecimal digits; None: whatever the server has. A file that is in the cache
            with this checksum is not asked for again.
    """

    url: str
    name: str | None = None
    sha256: str | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        _require_url(self.url)
        problem = _problem_of_name(self.file_name)
        if problem:
            raise DefinitionError(
                f"file {self.file_name!r} from {shown_url(self.url)}: {problem}. Give it a plain name, such as "
                "HttpFile(url, name='flights.csv')."
            )
        if self.sha256 is not None and not _SHA256.fullmatch(self.sha256):
            raise DefinitionError(f"file {self}: sha256 is {self.sha256!r}; it has 64 hexadecimal digits, as `sha256sum` prints.")

    @property
    def file_name(self) -> str:
        """The name that the file gets in the cache and in the landing folder."""
        return self.name if self.name is not None else unquote(urlsplit(self.url).path.rpartition("/")[2])

    def __str__(self) -> str:
        return f"{self.file_name} from {shown_url(self.url)}"

    def __repr__(self) -> str:
        return f"HttpFile({str(self)!r})"


@dataclass(frozen=True)
class HttpOptions:
    """How files are asked for.

    Attributes:
        connect_seconds: How long to wait for a connection.
        read_seconds: How long a server may send nothing.
        attempts: How often a file is asked for, failures that may pass included; at least 1.
        first_pause_seconds: Pause after the first failure, doubled after each further one, at random half to all of it.
        longest_pause_seconds: No pause is longer, also where the server asks for a longer one by `Retry-After`.
        slowest_bytes_per_second: A transfer that is slower is broken off and taken up again; 0: any pace will do.
        slow_seconds: Over how long the pace is taken.
        longest_bytes: A longer file is refused.
        at_once: How many files are fetched side by side, 1 to 4.
        html_allowed: Whether a page is taken for a file whose name doesn't end in .html; it mostly is a login page or an error.
        headers: Sent with each request to the url's own server, to no other that it redirects to; never shown.
    """

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    attempts: int = 5
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 60.0
    slowest_bytes_per_second: float = 1000.0
    slow_seconds: float = 60.0
    longest_bytes: int = 10 * 2**30
    at_once: int = 1
    html_allowed: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)

    def __post_init__(self) -> None:
        require_declared_types(self)
        for name in ("connect_seconds", "read_seconds", "slow_seconds", "longest_bytes"):
            if not getattr(self, name) > 0:
                raise DefinitionError(f"HttpOptions: {name} is {getattr(self, name)}; it is more than 0.")
        for name in ("first_pause_seconds", "longest_pause_seconds", "slowest_bytes_per_second"):
            if not getattr(self, name) >= 0:
                raise DefinitionError(f"HttpOptions: {name} is {getattr(self, name)}; it is 0 or more.")
        if self.attempts < 1:
            raise DefinitionError(f"HttpOptions: attempts is {self.attempts}; it is at least 1.")
        if not 1 <= self.at_once <= 4:
            raise DefinitionError(f"HttpOptions: at_once is {self.at_once}; it is 1 to 4, so that no server is overrun.")
        _require_headers(self.headers)


@dataclass(frozen=True)
class FetchedFile:
    """A file in the cache: whole, with the declared checksum if there is one.

    Attributes:
        file: What was asked for.
        path: Where it is.
        state: Whether the cache knew no such file, other bytes of it, or these. It is told once: what must not be missed
            compares content itself, as `land_files` does.
        bytes: Its length.
        sha256: Of its bytes.
        etag: The server's name of this version, if it gave one.
        last_modified: When the server says that the file was last changed, in UTC; None where it doesn't say.
    """

    file: HttpFile
    path: Path
    state: Literal["new", "changed", "unchanged"]
    bytes: int
    sha256: str
    etag: str | None
    last_modified: datetime | None


def _require_url(url: str) -> None:
    scheme = url.partition(":")[0].lower()
    if scheme not in SCHEMES:
        raise DefinitionError(f"url {shown_url(url)}: only {' and '.join(SCHEMES)} are fetched. Write it as https://host/path.")
    try:
        readable = bool(httpx.URL(url).host) and bool(urlsplit(url).hostname)
    except (httpx.InvalidURL, ValueError):
        readable = False
    if not readable:
        raise DefinitionError(
            f"a url that starts with {scheme}: can't be read (it is not shown: it may hold a password). Write it as "
            "https://host/path, with special characters of a password quoted as %40."
        )


def _problem_of_name(name: str) -> str | None:
    if not name:
        return "there is no name, neither given nor at the end of the url's path"
    if name.startswith((".", "_")):
        return "Spark reads no file whose name starts with a dot or an underscore"
    # Hadoop takes what stands before a colon for a scheme.
    if not name.isprintable() or set(name) & set("/\\:"):
        return "a name has no slash, backslash, colon or unprintable character"
    if len(name.encode("utf-8")) > _LONGEST_NAME:
        return f"a name has at most {_LONGEST_NAME} bytes"
    return None


def _require_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers here: the errors of libraries further down would quote their values."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not value.isascii() or not value.isprintable():
            raise DefinitionError(
                f"HttpOptions: the name or the value of header {name!r} can't be sent (the value is not shown). Both consist of "
                "printable ASCII characters, without a line end."
            )
        if name.lower() in _OWN_HEADERS:
            raise DefinitionError(f"HttpOptions: header {name!r} is set by each transfer itself. Leave it out of headers.")
