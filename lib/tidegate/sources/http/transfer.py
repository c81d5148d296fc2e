"""One attempt to fetch a file: ask for it, append the body to the part, compare checksums, and replace the file by the part."""

from concurrent.futures import CancelledError
from dataclasses import dataclass
from threading import Event

import httpx

from tidegate.errors import WrongChecksumError
from tidegate.sources.http.answers import Stretch, rest_of_file, too_long, whole_file, without_use
from tidegate.sources.http.cache import CacheEntry, Part, Record
from tidegate.sources.http.connection import answer_to
from tidegate.sources.http.file import HttpFile
from tidegate.sources.http.options import HttpOptions
from tidegate.sources.http.pace import Pace
from tidegate.sources.http.retry import PassingFailureError
from tidegate.sources.http.urls import resource_id, shown_url
from tidegate.sources.http.validators import Digest, file_digest


@dataclass(frozen=True)
class Transfer:
    """What all attempts to fetch one file have in common.

    Attributes:
        file: The declaration of the file.
        entry: The file's place in the cache. This process holds its lock.
        options: Limits and headers.
        client: The HTTP client.
        stop: An event that is set when the caller no longer waits for the file.
    """

    file: HttpFile
    entry: CacheEntry
    options: HttpOptions
    client: httpx.Client
    stop: Event


def attempt(transfer: Transfer, cached: Record | None) -> Record:
    """Ask the server once for the file, and bring the cache up to date.

    Args:
        transfer: The file and how to fetch it.
        cached: The record of the intact file in the cache; None if the cache has none.

    Returns:
        The record of the file that is now in the cache.

    Raises:
        PassingFailureError: Another attempt may succeed. The bytes received so far are kept if the server can continue them.
        RefusedAnswerError: The answer can't be the file.
        WrongChecksumError: The bytes don't have the checksum that was declared or that the server stated.
        CancelledError: `stop` was set.
        OSError: The cache can't be written.
    """
    entry = transfer.entry
    part = entry.resumable_part(resource_id(transfer.file.url))
    offset = 0 if part is None else _offset(entry, part)
    known = _comparable(transfer.file, cached)
    asked = {} if known is None else known.validators.conditions()
    conditional = bool(asked)
    if part is not None and part.validators.for_range is not None:
        asked |= {"Range": f"bytes={offset}-", "If-Range": part.validators.for_range}
    with answer_to(transfer.client, transfer.file, transfer.options, asked) as response:
        if response.status_code == 304 and known is not None and conditional:
            entry.drop_part()
            return known
        whole, stretch = _begin(transfer, response, part, offset)
        _append(transfer, response, whole, stretch)
    return _accept(transfer, whole, cached, resumed=stretch.start > 0)


def _comparable(file: HttpFile, cached: Record | None) -> Record | None:
    """Return the cached file if the request may be conditional on it: it has the same url, and no checksum is declared."""
    if cached is None or file.sha256 or cached.resource != resource_id(file.url):
        return None
    return cached


def _offset(entry: CacheEntry, part: Part) -> int:
    """Return the first byte to ask for. For a part that is already whole it is the last byte, because no byte follows it."""
    size = entry.part_bytes()
    return size - 1 if size == part.total else size


def _begin(transfer: Transfer, response: httpx.Response, part: Part | None, offset: int) -> tuple[Part, Stretch]:
    """Decide by status and headers what the body will bring, and delete the part if the answer does not continue it.

    Returns:
        The description of the file that the body belongs to, and the range of bytes that the body carries.
    """
    file, entry = transfer.file, transfer.entry
    if response.status_code == 200:
        whole = whole_file(file, response, transfer.options)
        entry.start_part(whole)
        return whole, Stretch(0, whole.total)
    if part is not None and response.status_code == 416:
        entry.drop_part()
        raise PassingFailureError(f"the server has no bytes from byte {offset} on; the next attempt starts over")
    if part is not None and response.status_code == 206:
        try:
            return rest_of_file(file, response, part, offset, transfer.options)
        except ValueError as error:
            entry.drop_part()
            raise PassingFailureError(f"{error}; the next attempt starts over") from None
    raise without_use(file, response)


def _append(transfer: Transfer, response: httpx.Response, whole: Part, stretch: Stretch) -> None:
    """Append the body to the part. Every block is written at once, so that a killed process leaves the bytes that it received."""
    options, entry = transfer.options, transfer.entry
    name = transfer.file.file_name
    pace = Pace(name, whole.total, stretch.start, options.slowest_bytes_per_second, options.slow_seconds)
    with entry.part_content.open("r+b") as content:
        content.seek(stretch.start)
        for block in response.iter_raw():
            if transfer.stop.is_set():
                raise CancelledError
            pace.came(len(block))
            if pace.done > options.longest_bytes:
                entry.drop_part()
                raise too_long(transfer.file, f"it already has {pace.done} bytes and its end is not reached", options)
            content.write(block)
            content.flush()
            if pace.is_too_slow():
                raise PassingFailureError(f"the transfer was slower than {options.slowest_bytes_per_second:g} bytes per second")
    if stretch.end is not None and pace.done > stretch.end:
        entry.drop_part()
        raise PassingFailureError(f"the server sent {pace.done} bytes instead of {stretch.end}; the next attempt starts over")
    if pace.done < (whole.total or stretch.end or 0):
        raise PassingFailureError(f"the transfer ended after {pace.done} of {whole.total} bytes")


def _accept(transfer: Transfer, whole: Part, cached: Record | None, resumed: bool) -> Record:
    """Compare the part with every known checksum, then replace the file by it, unless the file already has the same bytes."""
    file, entry = transfer.file, transfer.entry
    declared = [Digest("its declared sha256", "sha256", file.sha256.lower())] if file.sha256 else []
    expected = [*declared, *whole.digests]
    found = {name: file_digest(entry.part_content, name) for name in {"sha256", *(digest.algorithm for digest in expected)}}
    wrong = next((digest for digest in expected if found[digest.algorithm] != digest.value), None)
    if wrong is not None:
        entry.drop_part()
        if resumed:
            raise PassingFailureError("the joined parts don't have the checksum of the whole file; the next attempt starts over")
        raise WrongChecksumError(str(file), f"{wrong.said_by} ({wrong.algorithm})", wrong.value, found[wrong.algorithm])
    size = entry.part_bytes()
    record = Record(shown_url(file.url), resource_id(file.url), whole.validators, found["sha256"], size)
    if cached is not None and cached.sha256 == record.sha256:
        entry.write_record(record)
        entry.drop_part()
    else:
        entry.keep_part(record)
    return record
