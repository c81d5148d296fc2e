"""How files are asked for: time limits, attempts, pace, sizes and headers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError

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
