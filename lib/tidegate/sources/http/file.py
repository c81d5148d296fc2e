"""A file on an HTTP server: the declaration of the file, and the result of fetching it."""

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
    """A file on an HTTP server. Its text form and its error messages never show the url's password or query values.

    Attributes:
        url: The http or https url of the file.
        name: The name that the file gets in the cache; None: the last part of the url's path.
        sha256: The checksum that the file must have, as 64 hexadecimal digits; None: any content is accepted. If the cache
            already has the file with this checksum, the server is not asked.

    Raises:
        DefinitionError: The url is not a readable http or https url, the name can't be used as a file name, the checksum does not
            have 64 hexadecimal digits, or an attribute has another type than declared.
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
            raise DefinitionError(
                f"file {self}: sha256 is {self.sha256!r}; give 64 hexadecimal digits, as `sha256sum` prints them."
            )

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
    """A whole file in the cache. If a checksum was declared, the file has it.

    Attributes:
        file: The declaration of the file.
        path: The path of the file in the cache.
        state: `new` if the cache did not have the file before this call, `changed` if it had other bytes, `unchanged` if it had
            the same bytes. A later call does not report the change again. Code that must not miss a change compares the content
            itself, as `land_files` does.
        bytes: The length of the file in bytes.
        sha256: The checksum of the file's bytes, as hexadecimal digits.
        etag: The server's name of this version; None if the server gave none.
        last_modified: When the file was last changed according to the server, in UTC; None if the server did not say.
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
        raise DefinitionError(
            f"url {shown_url(url)}: only {' and '.join(SCHEMES)} are fetched. Give a url such as https://host/path."
        )
    try:
        readable = bool(httpx.URL(url).host) and bool(urlsplit(url).hostname)
    except (httpx.InvalidURL, ValueError):
        readable = False
    if not readable:
        raise DefinitionError(
            f"a url that starts with {scheme}: can't be read (it is not shown, because it may contain a password). Write it as "
            "https://host/path, with special characters of a password quoted, such as %40 for @."
        )


def _problem_of_name(name: str) -> str | None:
    if not name:
        return "no name is given, and the url's path does not end with one"
    if name.startswith((".", "_")):
        return "Spark ignores files whose names start with a dot or an underscore"
    # Hadoop reads the part before a colon as a scheme.
    if not name.isprintable() or set(name) & set("/\\:"):
        return "a name can't contain a slash, a backslash, a colon or an unprintable character"
    if len(name.encode("utf-8")) > _LONGEST_NAME:
        return f"a name can't have more than {_LONGEST_NAME} bytes"
    return None
