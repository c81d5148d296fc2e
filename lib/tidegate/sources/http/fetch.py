"""Fetch files over HTTP into a cache. Unchanged files are not transferred again, and broken transfers are continued."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event

from tidegate.errors import CacheFailedError, DefinitionError, FilesNotFetchedError, GaveUpError, HttpFileError
from tidegate.sources.http.cache import CacheEntry, Record
from tidegate.sources.http.connection import open_client
from tidegate.sources.http.file import FetchedFile, HttpFile
from tidegate.sources.http.options import HttpOptions
from tidegate.sources.http.retry import PassingFailureError, retried_transfer
from tidegate.sources.http.transfer import Transfer, attempt
from tidegate.sources.http.urls import resource_id
from tidegate.sources.http.validators import parsed_date


def fetch_files(files: Sequence[HttpFile], cache: Path, options: HttpOptions | None = None) -> tuple[FetchedFile, ...]:
    """Bring a local folder up to date with files on HTTP servers.

    A file appears under its name only when it is whole and has every checksum that was declared or that the server stated.
    Several processes may use one cache at the same time; each file is fetched by one process at a time.

    Args:
        files: The files to fetch. Their names must be different.
        cache: A folder on this machine. It is created if it does not exist.
        options: Limits, attempts and headers; None: the defaults of HttpOptions.

    Returns:
        One result for each file, in the order of `files`.

    Raises:
        DefinitionError: Two files have the same name.
        FilesNotFetchedError: Some files could not be fetched. The error has the reason for each of them, and the files that were
            fetched.
    """
    twice = [name for name, times in Counter(file.file_name for file in files).items() if times > 1]
    if twice:
        raise DefinitionError(
            f"more than one file named {', '.join(twice)}; give each file its own name: HttpFile(url, name=...)."
        )
    plan, stop = options or HttpOptions(), Event()
    with open_client(plan) as client, ThreadPoolExecutor(plan.at_once) as pool:
        # One file at a time needs no threads. Without them, an interrupted program ends at once.
        run = pool.map if plan.at_once > 1 else map
        transfers = [Transfer(file, CacheEntry(cache, file.file_name), plan, client, stop) for file in files]
        try:
            results = list(run(_fetched_or_error, transfers))
        except BaseException:
            stop.set()
            raise
    fetched = tuple(result for result in results if isinstance(result, FetchedFile))
    pairs = zip(files, results, strict=True)
    failures = {file.file_name: result for file, result in pairs if isinstance(result, HttpFileError)}
    if failures:
        raise FilesNotFetchedError(failures, fetched, str(cache))
    return fetched


def _fetched_or_error(transfer: Transfer) -> FetchedFile | HttpFileError:
    """Fetch one file. An error is returned and not raised, so that the other files are still fetched."""
    file, entry = transfer.file, transfer.entry
    try:
        with entry.locked(transfer.stop):
            return _fetch(transfer)
    except PassingFailureError as failure:
        kept = entry.part_bytes() if entry.resumable_part(resource_id(file.url)) else 0
        return GaveUpError(str(file), transfer.options.attempts, failure.reason, kept)
    except OSError as error:
        return CacheFailedError(str(file), str(entry.cache), str(error))
    except HttpFileError as error:
        return error


def _fetch(transfer: Transfer) -> FetchedFile:
    file, entry = transfer.file, transfer.entry
    before = entry.record()
    intact = before if before is not None and entry.is_intact(before) else None
    if intact is not None and file.sha256 and file.sha256.lower() == intact.sha256:
        return _fetched(transfer, intact, before)
    now = retried_transfer(partial(attempt, transfer, intact), file.file_name, transfer.options, transfer.stop)
    return _fetched(transfer, now, before)


def _fetched(transfer: Transfer, now: Record, before: Record | None) -> FetchedFile:
    return FetchedFile(
        file=transfer.file,
        path=transfer.entry.content,
        state="new" if before is None else "unchanged" if before.sha256 == now.sha256 else "changed",
        bytes=now.bytes,
        sha256=now.sha256,
        etag=now.validators.etag,
        last_modified=parsed_date(now.validators.last_modified),
    )
