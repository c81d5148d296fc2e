"""The options of fetching files: time limits, attempts, pace, sizes and headers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# A transfer sets these headers itself. With other values, it could mistake a part of a file for the whole file.
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


@dataclass(frozen=True)
class HttpOptions:
    """How `fetch_files` asks servers for files.

    Attributes:
        connect_seconds: How long to wait for a connection.
        read_seconds: How long to wait when the server sends nothing.
        attempts: How often a file is asked for, at least 1. Only after a failure that may be temporary is it asked for again.
        first_pause_seconds: The pause after the first failure. It doubles after each further failure. The actual pause is a
            random part of it, between one half and all.
        longest_pause_seconds: The upper limit of a pause, even if the server asks for a longer one with `Retry-After`.
        slowest_bytes_per_second: A slower transfer is broken off, and the next attempt continues it; 0: any pace is accepted.
        slow_seconds: The length of the time span over which the pace is measured.
        longest_bytes: The upper limit of a file's length in bytes; a longer file is refused.
        at_once: How many files are fetched at the same time, 1 to 4.
        html_allowed: Whether an HTML page is accepted for a file whose name does not end in .html. Usually such a page is a login
            or error page.
        headers: Headers that are sent with each request to the url's own server, but not to another server that it redirects to.
            They are never shown.

    Raises:
        DefinitionError: A value is outside its range or has another type than declared, or a header can't be sent.
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
                raise DefinitionError(f"HttpOptions: {name} is {getattr(self, name)}; give a value above 0.")
        for name in ("first_pause_seconds", "longest_pause_seconds", "slowest_bytes_per_second"):
            if not getattr(self, name) >= 0:
                raise DefinitionError(f"HttpOptions: {name} is {getattr(self, name)}; give 0 or a value above it.")
        if self.attempts < 1:
            raise DefinitionError(f"HttpOptions: attempts is {self.attempts}; give at least 1.")
        if not 1 <= self.at_once <= 4:
            raise DefinitionError(f"HttpOptions: at_once is {self.at_once}; give 1 to 4, so that no server is overloaded.")
        _require_headers(self.headers)


def _require_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers that can't be sent. Without this check, the errors of libraries would quote their secret values."""
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not value.isascii() or not value.isprintable():
            raise DefinitionError(
                f"HttpOptions: the name or the value of header {name!r} can't be sent (the value is not shown). Both may contain "
                "only printable ASCII characters, and no line break."
            )
        if name.lower() in _OWN_HEADERS:
            raise DefinitionError(f"HttpOptions: each transfer sets the header {name!r} itself. Leave it out of `headers`.")
