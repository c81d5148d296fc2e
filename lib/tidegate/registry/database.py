"""MLflow's database as a file of sqlite: its URI, and how several processes share it."""

import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote

_SQLITE = "sqlite:///"
# A writer waits so long for another one; by itself it fails after five seconds.
_PATIENCE_SECONDS = 120


def database_uri(file: Path) -> str:
    """Return the tracking URI of a database file; what a URI would read as something else is encoded."""
    return _SQLITE + re.sub(r"%(?=[0-9A-Fa-f]{2})", "%25", str(file)).replace("?", "%3F")


def database_file(tracking_uri: str) -> Path | None:
    """Return the file of a sqlite database; None for every other store."""
    return Path(unquote(_written(tracking_uri))) if tracking_uri.startswith(_SQLITE) else None


def with_patience(tracking_uri: str) -> str:
    """Return the URI of a sqlite file with the setting that lets a writer wait for another one."""
    is_plain = tracking_uri.startswith(_SQLITE) and "?" not in tracking_uri
    return f"{tracking_uri}?timeout={_PATIENCE_SECONDS}" if is_plain else tracking_uri


@contextmanager
def alone(tracking_uri: str) -> Iterator[None]:
    """Keep other processes from opening the same sqlite file meanwhile: two that make its tables at once spoil them for both.

    Raises:
        OSError, sqlite3.Error: The file can't be opened; MLflow itself would try for minutes.
    """
    file = database_file(tracking_uri)
    if file is None:
        yield
        return
    # sqlite makes the file, but not its folder.
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = file.with_name(f".{file.name}.lock")
    # To hold it, the file need not be one's own.
    descriptor = os.open(lock, os.O_RDONLY if lock.exists() else os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with closing(sqlite3.connect(file, timeout=_PATIENCE_SECONDS)) as connection:
            connection.execute("PRAGMA schema_version")
        with _no_stray_folders(tracking_uri, file):
            yield
    finally:
        os.close(descriptor)


@contextmanager
def _no_stray_folders(tracking_uri: str, file: Path) -> Iterator[None]:
    """Remove the folders that MLflow makes for the URI's path as it is written, where it is not the path that it means."""
    written = Path(_written(tracking_uri))
    stray = [] if written == file else [folder for folder in written.parents if not folder.exists()]
    yield
    for folder in stray:
        with suppress(OSError):
            folder.rmdir()


def _written(tracking_uri: str) -> str:
    return tracking_uri.removeprefix(_SQLITE).partition("?")[0]
