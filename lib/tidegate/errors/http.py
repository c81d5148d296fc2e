"""Errors of files fetched over HTTP; a url in them has lost its password and the values of its query."""

from collections.abc import Mapping, Sequence
from typing import Any

from tidegate.errors.base import TidegateError

_KEPT = "What the cache held before is still there."


class HttpFileError(TidegateError):
    """One file could not be fetched; base of the reasons why."""


class RefusedAnswerError(HttpFileError):
    """A server answered what can't be the file, or no connection to it may be used; another attempt would not help."""

    def __init__(self, file: str, reason: str, step: str) -> None:
        super().__init__(f"file {file}: {reason}. {step} {_KEPT}")


class GaveUpError(HttpFileError):
    """All attempts failed by what may pass."""

    def __init__(self, file: str, attempts: int, reason: str, partial_bytes: int) -> None:
        rest = f" {partial_bytes} bytes of it wait in the cache, where the server lets them be used." if partial_bytes else ""
        super().__init__(
            f"file {file}: given up after {attempts} attempt(s), the last one: {reason}. Run the same again later, or allow more "
            f"attempts or time in HttpOptions.{rest} {_KEPT}"
        )


class WrongChecksumError(HttpFileError):
    """The bytes of a file are others than was declared or than the server said."""

    def __init__(self, file: str, said_by: str, expected: str, found: str) -> None:
        super().__init__(
            f"file {file}: {said_by} is {expected}, but the bytes that came have {found}; they were thrown away. Ask who "
            f"publishes the file which is right, and change the url or the sha256 of its HttpFile where they are not. {_KEPT}"
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
        head = f"{len(failures)} of {len(failures) + len(fetched)} file(s) not fetched into {cache}:"
        others = "The others are in the cache. " if fetched else ""
        tail = f"{others}The same call goes on from here: it asks for what is missing."
        super().__init__("\n".join([head, *listed, tail]))


class NotLandedError(TidegateError):
    """A fetched file could not be copied into the landing folder."""

    def __init__(self, name: str, folder: str, reason: str) -> None:
        super().__init__(
            f"file {name} was not copied into {folder}: {reason}. Check that the folder can be written and fetch the file again. "
            "What was there under its name is still there."
        )
