"""One writer at a time commits to a Delta table on a local file system.

Delta's log store for `file:` looks whether a version is there and then renames a file to it, which excludes writers of one JVM
only. Two drivers are now and then told that both wrote the same version, and the rows of one are lost without a word.
HDFS and object stores need no lock of ours but the right log store: docs/several_drivers.md.
"""

import logging
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pyspark.sql import SparkSession

from tidegate.errors import LockFileError, TableBusyError
from tidegate.tables.commits.lock_file import HeldLock, PlaceInLine, holder_of, line_up, lock_file_of

LOG = logging.getLogger("tidegate")

# Longer than any commit to a table of one machine should take; a holder that was killed frees the lock at once.
LONGEST_WAIT = 600.0
_TELL_AFTER = 1.0
# Nobody overtakes who waits, so that a long pause would only leave the lock unused.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.05


@dataclass
class _Place:
    """What this process knows of one lock file; only the thread that has the mutex reads or changes it."""

    mutex: threading.RLock = field(default_factory=threading.RLock)
    depth: int = 0
    held: HeldLock | None = None


_PLACES: dict[Path, _Place] = {}
_PLACES_GUARD = threading.Lock()


@contextmanager
def exclusive(spark: SparkSession, path: str, wait: float = LONGEST_WAIT) -> Iterator[None]:
    """Keep every other writer of tidegate, in this process and in others, from committing to the table at the path.

    A thread may enter again what it holds. Whoever needs two tables at once enters them in the order of their paths.

    Args:
        spark: The session whose JVM commits; it holds the lock, so the lock ends with it and not with Python.
        path: The table; on other file systems than the local one nothing is held.
        wait: Seconds to wait for the others.

    Raises:
        TableBusyError: Another writer holds the table for longer than that.
        LockFileError: The lock file can't be used.
    """
    file = lock_file_of(spark, path)
    if file is None:
        yield
        return
    deadline = time.monotonic() + wait
    with _PLACES_GUARD:
        place = _PLACES.setdefault(file, _Place())
    if not place.mutex.acquire(timeout=wait):
        raise TableBusyError(path, wait, f"another thread of this process ({holder_of(file)})")
    place.depth += 1
    try:
        if place.held is None or not place.held.is_open():
            place.held = _wait_for_lock(spark, path, file, deadline, wait)
        yield
    except Exception:
        _leave(place)
        raise
    except BaseException:
        # Interrupted: the JVM may still be committing. The lock stays until this process commits again or its JVM ends.
        _leave(place, keep=True)
        raise
    else:
        _leave(place)


def _leave(place: _Place, keep: bool = False) -> None:
    place.depth -= 1
    if place.depth == 0 and place.held is not None and not keep:
        held, place.held = place.held, None
        held.release()
    place.mutex.release()


def _wait_for_lock(spark: SparkSession, path: str, file: Path, deadline: float, wait: float) -> HeldLock:
    """Wait in line until the deadline; say who was killed holding the lock."""
    line = line_up(spark, file)
    try:
        _wait_in(line, path, deadline, wait)
        held = line.take()
    except LockFileError:
        # Its channel stays open, for the sake of whoever else has the lock in this JVM.
        raise
    except BaseException:
        line.leave()
        raise
    if held.left_by:
        LOG.warning("took over the lock of %s: %s ended without freeing it", path, held.left_by)
    return held


def _wait_in(line: PlaceInLine, path: str, deadline: float, wait: float) -> None:
    """Try to move up again and again; say once who holds the lock."""
    began, told, pause = time.monotonic(), False, _FIRST_PAUSE
    while not line.move_up():
        now = time.monotonic()
        if now >= deadline:
            raise TableBusyError(path, wait, _holder(line.file))
        if not told and now - began >= _TELL_AFTER:
            LOG.info("waiting for the lock of %s, held by %s", path, _holder(line.file))
            told = True
        time.sleep(min(pause * random.uniform(0.5, 1.0), max(0.0, deadline - now)))
        pause = min(2 * pause, _LONGEST_PAUSE)


def _holder(file: Path) -> str:
    return holder_of(file) or "a process that did not say who it is"
