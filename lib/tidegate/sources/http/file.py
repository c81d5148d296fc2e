"""A file on an HTTP server: what a source declares about it, and what the cache holds once it is fetched."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import httpx

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.sources.http.urls import SCHEMES, shown_url

_LONGEST_NAME = 200
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


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
class FetchedFile:
    """A file in the cache: whole, with the declared checksum if there is one.

    Attributes:
        file: What was asked for.
        path: Where it is.
        state: Whether the cache had no such file before this call, other bytes of it, or the same bytes. A later call no longer
            reports the change; code that must not miss one compares the content itself, as `land_files` does.
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
