"""A file lock that the JVM holds, because the JVM commits: the lock lasts exactly as long as a commit can still happen."""

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.sql import SparkSession

from tidegate.errors import LockFileError
from tidegate.hadoop import is_local, open_path
from tidegate.jvm import java_class

_OVERLAPPING = "java.nio.channels.OverlappingFileLockException"
# This number of waiting processes get the lock in the order in which they came.
_CHAIRS = 8


def lock_file_of(spark: SparkSession, table: str) -> Path | None:
    """Return the lock file of a table on the local file system; None for other file systems.

    The file is next to the table's folder and not inside it, because Delta does not create a table in a folder with content.
    """
    # A path without a scheme is on the file system that fs.defaultFS names.
    if not is_local(spark, table):
        return None
    path, file_system = open_path(spark, table)
    folder = Path(os.path.realpath(file_system.makeQualified(path).toUri().getPath()))
    return folder.with_name(f".{folder.name}.lock")


def holder_of(file: Path) -> str:
    """Return the text in which the holder of a lock file names itself; empty if nobody holds the lock."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


@dataclass(frozen=True)
class HeldLock:
    """A lock that this JVM holds by an open channel.

    The operating system frees the lock when the channel is closed or when the JVM ends, even if it is killed.

    Attributes:
        channel: The open channel of the lock file, an object of the JVM.
        left_by: The name of an earlier holder that ended without freeing the lock; empty if there is none.
    """

    channel: Any
    left_by: str

    def is_open(self) -> bool:
        """Return whether the JVM that opened the channel is still running and holds the lock."""
        try:
            return bool(self.channel.isOpen())
        except (Py4JError, OSError):
            return False

    def release(self) -> None:
        """Free the lock. The file becomes empty, which shows that its holder was not killed."""
        try:
            self.channel.truncate(0)
            self.channel.close()
        except (Py4JError, OSError):
            # The JVM has ended, which freed the lock. The commit itself raises the error that explains it.
            return


@dataclass
class PlaceInLine:
    """The place of this process in the queue for a lock.

    The queue consists of the first bytes of the lock file, called chairs. A process takes a chair by locking its byte. Whoever
    has the first byte has the lock. A process moves forward one chair at a time, so nobody overtakes a process that has a chair.
    Processes that have no chair yet get one in random order.

    Attributes:
        spark: The session whose JVM holds the locks.
        file: The lock file.
        channel: The open channel of the lock file, an object of the JVM.
        chair: The number of the chair; the first one is 0.
        seat: The JVM's lock on the byte of the chair; None if the process has no chair yet.
    """

    spark: SparkSession
    file: Path
    channel: Any
    # The process has no chair yet, so its place is behind all chairs.
    chair: int = _CHAIRS
    seat: Any = None

    def move_up(self) -> bool:
        """Move forward as far as the next chairs are free.

        Returns:
            Whether this process now has the first chair, and with it the lock.

        Raises:
            LockFileError: The file can't be locked at all.
        """
        try:
            while self.chair > 0:
                ahead = self.channel.tryLock(self.chair - 1, 1, False)
                if ahead is None:
                    return False
                self._stand_up()
                self.seat, self.chair = ahead, self.chair - 1
        except Py4JJavaError as error:
            # Another channel of this JVM has the lock. This channel stays open: closing it would free the other's lock (POSIX).
            self._stand_up()
            raise _not_lockable(self.file, error) from None
        return True

    def take(self) -> HeldLock:
        """Write this process into the file as the holder of the lock. Call it when `move_up` has returned True.

        Returns:
            The held lock, with the name of an earlier holder that ended without freeing it.
        """
        left_by = holder_of(self.file)
        _sign(self.spark, self.channel)
        return HeldLock(self.channel, left_by)

    def leave(self) -> None:
        """Leave the queue."""
        try:
            self.channel.close()
        except (Py4JError, OSError):
            return

    def _stand_up(self) -> None:
        if self.seat is not None:
            self.seat.release()


def line_up(spark: SparkSession, file: Path) -> PlaceInLine:
    """Open the lock file and join the queue behind all chairs. Only one thread of a process may be in the queue at a time.

    Raises:
        LockFileError: The file can't be opened.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return PlaceInLine(spark, file, java_class(spark, "java.io.RandomAccessFile")(str(file), "rw").getChannel())
    except OSError as error:
        raise LockFileError(str(file), str(error)) from None
    except Py4JJavaError as error:
        raise _not_lockable(file, error) from None


def _not_lockable(file: Path, error: Py4JJavaError) -> LockFileError:
    overlaps = error.java_exception.getClass().getName() == _OVERLAPPING
    reason = "this JVM already holds it, under another path or for another Python" if overlaps else str(error.java_exception)
    return LockFileError(str(file), reason)


def _sign(spark: SparkSession, channel: Any) -> None:  # noqa: ANN401
    """Write into the file which process holds the lock and since when. Waiting processes show this in their log."""
    pid = java_class(spark, "java.lang.ProcessHandle").current().pid()
    text = f"{socket.gethostname()} pid {pid} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
    channel.truncate(0)
    channel.write(java_class(spark, "java.nio.ByteBuffer").wrap(text.encode()), 0)
