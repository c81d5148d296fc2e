"""A file lock that the JVM holds, so that it lasts exactly as long as a commit can still happen."""

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
# So many waiting processes are served in the order in which they came.
_CHAIRS = 8


def lock_file_of(spark: SparkSession, table: str) -> Path | None:
    """Return the lock file of a table on the local file system, beside its folder; None for other file systems.

    Beside and not inside: Delta creates no table in a folder that holds something.
    """
    # Without a scheme it is what fs.defaultFS says.
    if not is_local(spark, table):
        return None
    path, file_system = open_path(spark, table)
    folder = Path(os.path.realpath(file_system.makeQualified(path).toUri().getPath()))
    return folder.with_name(f".{folder.name}.lock")


def holder_of(file: Path) -> str:
    """Return who says in the lock file that he holds it; empty where nobody does."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


@dataclass(frozen=True)
class HeldLock:
    """A lock that this JVM holds by an open channel: it is freed when the channel is closed or the JVM ends, however it ends."""

    channel: Any
    left_by: str

    def is_open(self) -> bool:
        """Tell whether the JVM that opened it is there and still holds it."""
        try:
            return bool(self.channel.isOpen())
        except (Py4JError, OSError):
            return False

    def release(self) -> None:
        """Free the lock; the file is left empty, as a sign that its holder was not killed."""
        try:
            self.channel.truncate(0)
            self.channel.close()
        except (Py4JError, OSError):
            # The JVM is gone and its lock with it; what ended it is told by the commit's own error.
            return


@dataclass
class PlaceInLine:
    """Where this process stands in the line for a lock; each chair is a locked byte of the file, the first one the lock itself.

    A chair is taken from the one behind it, so that nobody overtakes who sits already; behind the last chair it is chance.
    """

    spark: SparkSession
    file: Path
    channel: Any
    # No byte yet: behind all of them.
    chair: int = _CHAIRS
    seat: Any = None

    def move_up(self) -> bool:
        """Take chair after chair as far as they are free; tell whether the lock is held now.

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
            # Another channel of the JVM has the lock. Ours stays open: closing it would free the other's (POSIX).
            self._stand_up()
            raise _not_lockable(self.file, error) from None
        return True

    def take(self) -> HeldLock:
        """Sign as the holder, at the head of the line; say who held the lock before and did not free it."""
        left_by = holder_of(self.file)
        _sign(self.spark, self.channel)
        return HeldLock(self.channel, left_by)

    def leave(self) -> None:
        """Give up the place."""
        try:
            self.channel.close()
        except (Py4JError, OSError):
            return

    def _stand_up(self) -> None:
        if self.seat is not None:
            self.seat.release()


def line_up(spark: SparkSession, file: Path) -> PlaceInLine:
    """Open the lock file to wait for the lock; one thread of a process at a time.

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
    reason = "this JVM holds it already, by another name or for another Python" if overlaps else str(error.java_exception)
    return LockFileError(str(file), reason)


def _sign(spark: SparkSession, channel: Any) -> None:  # noqa: ANN401
    """Write into the file who holds the lock and since when, for those who wait."""
    pid = java_class(spark, "java.lang.ProcessHandle").current().pid()
    text = f"{socket.gethostname()} pid {pid} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
    channel.truncate(0)
    channel.write(java_class(spark, "java.nio.ByteBuffer").wrap(text.encode()), 0)
