"""Decide by the status and the headers of an answer what it brings: the whole file, the rest of a part, or an error."""

import re
from dataclasses import dataclass

import httpx

from tidegate.errors import RefusedAnswerError
from tidegate.sources.http.cache import Part
from tidegate.sources.http.file import HttpFile
from tidegate.sources.http.options import HttpOptions
from tidegate.sources.http.retry import PassingFailureError, wanted_pause
from tidegate.sources.http.urls import resource_id
from tidegate.sources.http.validators import Validators, stated_digests

_PASSING = {408, 425, 429, 500, 502, 503, 504}
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_PAGES = {"text/html", "application/xhtml+xml"}
_PAGE_NAMES = (".html", ".htm", ".xhtml")
# For files with these endings, some servers state an encoding but send the bytes as they are.
_ENCODED_NAMES = (".gz", ".tgz")
_STEPS = {
    401: "Send the credentials that it asks for with HttpOptions(headers=...).",
    403: "Ask for access, or send your credentials with HttpOptions(headers=...).",
    404: "Check the url; the file may have moved.",
    407: "Give the proxy's user and password in its variable, such as HTTP_PROXY=http://user:password@host:port.",
    410: "The file was removed for good. Find out where it is published now.",
}


@dataclass(frozen=True)
class Stretch:
    """The range of a file's bytes that an answer carries: from `start` up to, but not including, `end`.

    `end` is None if the answer does not say where it ends.
    """

    start: int
    end: int | None


def whole_file(file: HttpFile, response: httpx.Response, options: HttpOptions) -> Part:
    """Return the description of the file that an answer with status 200 carries in its body.

    Raises:
        RefusedAnswerError: The body is not the file, the file is too long, or nothing shows whether the body is whole.
    """
    require_data(file, response, options)
    length = _content_length(response)
    _require_length(file, length, options)
    digests = stated_digests(response.headers, whole=True)
    ends_by_itself = length is not None or "chunked" in response.headers.get("transfer-encoding", "").lower()
    if not ends_by_itself and not digests and file.sha256 is None:
        raise RefusedAnswerError(
            str(file),
            "the server doesn't say how long it is, so an incomplete file could not be recognised",
            "Declare the sha256 of the file in its HttpFile.",
        )
    return Part(resource_id(file.url), Validators.of(response.headers), length, digests)


def rest_of_file(file: HttpFile, response: httpx.Response, part: Part, offset: int, options: HttpOptions) -> tuple[Part, Stretch]:
    """Check an answer with status 206 that continues a part.

    Args:
        file: The file that was asked for.
        response: The answer.
        part: The description of the bytes that the cache already has.
        offset: The first byte that was asked for.
        options: The limits.

    Returns:
        The description of the part, completed by what the answer states, and the range of bytes that the answer carries.

    Raises:
        ValueError: The bytes do not follow the offset, or they belong to another version of the file.
        RefusedAnswerError: The body is not the file, or the file is too long.
    """
    require_data(file, response, options)
    text = response.headers.get("content-range", "")
    found = _CONTENT_RANGE.fullmatch(text.strip())
    total = int(found[3]) if found and found[3] != "*" else part.total
    if found is None or total is None:
        raise ValueError(f"the server answered a request from byte {offset} on with the range {text!r}")
    start, end = int(found[1]), int(found[2]) + 1
    if start != offset or not start < end <= total or (part.total is not None and part.total != total):
        known = "unknown" if part.total is None else part.total
        raise ValueError(f"the server answered a request from byte {offset} on (file length: {known}) with the range {text!r}")
    if Validators.of(response.headers).contradicts(part.validators):
        raise ValueError("the server continued with another version of the file than the one it began with")
    _require_length(file, total, options)
    digests = part.digests + stated_digests(response.headers, whole=False)
    return Part(part.resource, part.validators, total, digests), Stretch(start, end)


def without_use(file: HttpFile, response: httpx.Response) -> Exception:
    """Return the error for an answer whose status means that it carries no bytes of the file."""
    status = response.status_code
    # The standard phrase of the status; the server's own phrase could contain anything.
    name = f"{status} {httpx.codes.get_reason_phrase(status)}".strip()
    if status in _PASSING:
        return PassingFailureError(f"answered {name}", wanted_pause(response.headers))
    step = _STEPS.get(status, "Check the url in a browser, or ask the operator of the server.")
    return RefusedAnswerError(str(file), f"answered {name}", step)


def _content_length(response: httpx.Response) -> int | None:
    # With Transfer-Encoding, Content-Length is ignored (RFC 9112, 6.3). h11 has already refused a length that is not a number.
    text = response.headers.get("content-length")
    return int(text) if text is not None and "transfer-encoding" not in response.headers else None


def _require_length(file: HttpFile, length: int | None, options: HttpOptions) -> None:
    if length is not None and length > options.longest_bytes:
        raise too_long(file, f"it has {length} bytes", options)


def too_long(file: HttpFile, found: str, options: HttpOptions) -> RefusedAnswerError:
    """Return the error for a file that is longer than the options allow."""
    step = "If that length is right, allow more bytes with HttpOptions(longest_bytes=...)."
    return RefusedAnswerError(str(file), f"{found}; at most {options.longest_bytes} bytes are allowed", step)


def require_data(file: HttpFile, response: httpx.Response, options: HttpOptions) -> None:
    """Raise RefusedAnswerError if the body is an HTML page in place of the file, or is encoded."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    name = file.file_name.lower()
    if kind in _PAGES and not name.endswith(_PAGE_NAMES) and not options.html_allowed:
        raise RefusedAnswerError(
            str(file),
            f"the server sent a page ({kind}), perhaps a login or error page, instead of a file with data",
            "Open the url in a browser. If the page is the file, set HttpOptions(html_allowed=True).",
        )
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    as_is = encoding in ("gzip", "x-gzip") and name.endswith(_ENCODED_NAMES)
    if encoding not in ("identity", "") and not as_is:
        raise RefusedAnswerError(
            str(file),
            f"the server encoded it ({encoding}) although the request asked for the bytes without encoding",
            "Ask the operator of the server for a url that returns the file without content-encoding.",
        )
