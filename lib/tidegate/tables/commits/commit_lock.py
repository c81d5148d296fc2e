"""Let only one writer at a time commit to a Delta table on a local file system.

Delta's log store for `file:` checks whether a version exists and then renames a file to that version. This keeps only writers
of one JVM apart. Two drivers can both be told that they wrote the same version, and the rows of one of them are lost without
an error. HDFS and object stores don't need this lock, but they need the right log store: docs/several_drivers.md.
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

# Longer than any commit to a table on one machine should take. If the holder is killed, the lock is free at once.
LONGEST_WAIT = 600.0
_TELL_AFTER = 1.0
# No process overtakes a waiting one, so long pauses would only leave the lock unused.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.05


@dataclass
class _Place:
    """The state of one lock file in this process. Only the thread that has the mutex reads or changes it.

    Attributes:
        mutex: Keeps other threads of this process out.
        depth: How many times the thread has entered `exclusive` and not left it.
        held: The lock; None if this process does not hold it.
    """

    mutex: threading.RLock = field(default_factory=threading.RLock)
    depth: int = 0
    held: HeldLock | None = None


_PLACES: dict[Path, _Place] = {}
_PLACES_GUARD = threading.Lock()


@contextmanager
def exclusive(spark: SparkSession, path: str, wait: float = LONGEST_WAIT) -> Iterator[None]:
    """Hold the lock of a table, so that no other writer of tidegate, in this process or in another, can commit to it.

    A thread that holds the lock may enter again. A caller that needs two tables at once must enter them in the order of their
    paths; otherwise two callers could wait for each other.

    Args:
        spark: The session whose JVM commits. The JVM holds the lock, so the lock ends with the JVM and not with Python.
        path: The table. On HDFS and object stores there is no lock, and the context does nothing.
        wait: How long to wait for other writers, in seconds.

    Raises:
        TableBusyError: Another writer held the lock for longer than `wait`.
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
        # After an interruption the JVM may still commit. So the lock is kept until this process commits again or its JVM ends.
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
    """Wait for the lock until the deadline. If its last holder ended without freeing it, log who that was."""
    line = line_up(spark, file)
    try:
        _wait_in(line, path, deadline, wait)
        held = line.take()
    except LockFileError:
        # The channel stays open, because closing it would free the lock that another channel of this JVM holds.
        raise
    except BaseException:
        line.leave()
        raise
    if held.left_by:
        LOG.warning("took over the lock of %s: %s ended without freeing it", path, held.left_by)
    return held


def _wait_in(line: PlaceInLine, path: str, deadline: float, wait: float) -> None:
    """Move forward in the queue until this process has the lock. If that takes longer than a second, log once who holds it."""
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
