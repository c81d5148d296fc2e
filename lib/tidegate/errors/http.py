"""Errors about fetching files over HTTP. A URL in a message is shown without its password and without the query's values."""

from collections.abc import Mapping, Sequence
from typing import Any

from tidegate.errors.base import TidegateError

_KEPT = "The earlier content of the cache is still there."


class HttpFileError(TidegateError):
    """One file could not be fetched; base class of the errors that say why."""


class RefusedAnswerError(HttpFileError):
    """The server's answer can't be the file, or the connection is not trusted; another attempt would not help.

    Attributes:
        reason: What is wrong with the answer.
        step: What the user can do.
    """

    def __init__(self, file: str, reason: str, step: str) -> None:
        self.reason, self.step = reason, step
        super().__init__(f"file {file}: {reason}. {step} {_KEPT}")


class GaveUpError(HttpFileError):
    """All attempts failed, each for a reason that may be temporary."""

    def __init__(self, file: str, attempts: int, reason: str, partial_bytes: int) -> None:
        rest = f" The cache keeps the first {partial_bytes} bytes; the server may let them be used." if partial_bytes else ""
        super().__init__(
            f"file {file}: gave up after {attempts} attempt(s); the last one failed with: {reason}. Run the same again later, or "
            f"allow more attempts or time in HttpOptions.{rest} {_KEPT}"
        )


class WrongChecksumError(HttpFileError):
    """The checksum of the received bytes differs from the declared one or from the one that the server sent."""

    def __init__(self, file: str, said_by: str, expected: str, found: str) -> None:
        super().__init__(
            f"file {file}: {said_by} is {expected}, but the received bytes have {found}; they were deleted. Ask the publisher of "
            f"the file which one is right, and correct the url or the sha256 of the HttpFile if it is wrong. {_KEPT}"
        )


class CacheFailedError(HttpFileError):
    """The cache folder can't be read or written."""

    def __init__(self, file: str, cache: str, reason: str) -> None:
        super().__init__(f"file {file}: the cache {cache} failed: {reason}. Check its permissions and the space on its disk.")


class FilesNotFetchedError(TidegateError):
    """At least one of several files could not be fetched; the others are in the cache.

    Attributes:
        failures: The error of each file that failed, by the name of the file.
        fetched: The files that were fetched (FetchedFile), in the order in which they were asked for.
    """

    def __init__(self, failures: Mapping[str, HttpFileError], fetched: Sequence[Any], cache: str) -> None:
        self.failures, self.fetched = dict(failures), tuple(fetched)
        listed = [f"  {error}" for error in failures.values()]
        head = f"{len(failures)} of {len(failures) + len(fetched)} file(s) were not fetched into {cache}:"
        others = "The other files are in the cache. " if fetched else ""
        tail = f"{others}Repeat the same call: it fetches only the missing files."
        super().__init__("\n".join([head, *listed, tail]))


class NotLandedError(TidegateError):
    """A fetched file could not be copied into the landing folder."""

    def __init__(self, name: str, folder: str, reason: str) -> None:
        super().__init__(
            f"file {name} was not copied into {folder}: {reason}. Check that the folder can be written and fetch the file again. "
            "An earlier file of this name in the folder was not changed."
        )


class PageNotLandedError(TidegateError):
    """A page of an API could not be got or read; the pages before it are landed."""

    def __init__(self, pages: str, file: str, reason: str, step: str) -> None:
        super().__init__(
            f"{pages}: {file} was not written: {reason}. {step} The pages before it are landed; the same call goes on after them."
        )


class PageNotesError(TidegateError):
    """The note with the position of a landed page is missing or damaged, so nobody knows which page comes next."""

    def __init__(self, folder: str, file: str) -> None:
        super().__init__(
            f"pages in {folder}: the note on the position of {file} is missing in the folder _pages, or is damaged. Restore "
            f"{folder}/_pages, or land the list into a new folder from its first page on."
        )
