"""MLflow's database as an SQLite file: its tracking URI, and how several processes share it."""

import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote

_SQLITE = "sqlite:///"
# How long a writer waits for another one. By default, SQLite gives up after five seconds.
_PATIENCE_SECONDS = 120


def database_uri(file: Path) -> str:
    """Return the tracking URI of a database file, with the characters encoded that mean something else in a URI."""
    return _SQLITE + re.sub(r"%(?=[0-9A-Fa-f]{2})", "%25", str(file)).replace("?", "%3F")


def database_file(tracking_uri: str) -> Path | None:
    """Return the file of an SQLite database; None for any other tracking store."""
    return Path(unquote(_written(tracking_uri))) if tracking_uri.startswith(_SQLITE) else None


def with_patience(tracking_uri: str) -> str:
    """Add to the URI of an SQLite file the setting that lets a writer wait for another one; return other URIs as they are."""
    is_plain = tracking_uri.startswith(_SQLITE) and "?" not in tracking_uri
    return f"{tracking_uri}?timeout={_PATIENCE_SECONDS}" if is_plain else tracking_uri


@contextmanager
def alone(tracking_uri: str) -> Iterator[None]:
    """Hold a lock on an SQLite file, so that no two processes create its tables at the same time, which would break them.

    Other tracking stores are not locked.

    Raises:
        OSError, sqlite3.Error: The file can't be opened. MLflow itself would retry for minutes.
    """
    file = database_file(tracking_uri)
    if file is None:
        yield
        return
    # SQLite creates the file, but not its folder.
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = file.with_name(f".{file.name}.lock")
    # An existing lock file may belong to another user. Read access is enough to lock it.
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
    """Remove the empty folders that MLflow creates because it uses the path of the URI without decoding it."""
    written = Path(_written(tracking_uri))
    stray = [] if written == file else [folder for folder in written.parents if not folder.exists()]
    yield
    for folder in stray:
        with suppress(OSError):
            folder.rmdir()


def _written(tracking_uri: str) -> str:
    return tracking_uri.removeprefix(_SQLITE).partition("?")[0]
