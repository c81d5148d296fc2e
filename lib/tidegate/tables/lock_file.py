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

_OVERLAPPING = "java.nio.channels.OverlappingFileLockException"


def lock_file_of(spark: SparkSession, table: str) -> Path | None:
    """Return the lock file of a table on the local file system, beside its folder; None for other file systems.

    Beside and not inside: Delta creates no table in a folder that holds something.
    """
    if "://" in table and not table.startswith("file:"):
        return None
    path = spark.sparkContext._jvm.org.apache.hadoop.fs.Path(table)  # type: ignore[union-attr]
    # Without a scheme it is what fs.defaultFS says.
    uri = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).makeQualified(path).toUri()
    if uri.getScheme() != "file":
        return None
    folder = Path(os.path.realpath(uri.getPath()))
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


def try_lock(spark: SparkSession, file: Path) -> HeldLock | None:
    """Take the lock at once or return None; one thread of a process at a time.

    Raises:
        LockFileError: The file can't be opened or locked at all.
    """
    jvm: Any = spark.sparkContext._jvm
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return _locked(jvm, jvm.java.io.RandomAccessFile(str(file), "rw").getChannel(), file)
    except OSError as error:
        raise LockFileError(str(file), str(error)) from None
    except Py4JJavaError as error:
        overlaps = error.java_exception.getClass().getName() == _OVERLAPPING
        reason = "this JVM holds it already, by another name or for another Python" if overlaps else str(error.java_exception)
        raise LockFileError(str(file), reason) from None


def _locked(jvm: Any, channel: Any, file: Path) -> HeldLock | None:  # noqa: ANN401
    # Where this fails since another channel of the JVM has the lock, ours stays open: closing it would free the other's (POSIX).
    lock = channel.tryLock()
    held = None
    try:
        if lock is not None:
            left_by = holder_of(file)
            _sign(jvm, channel)
            held = HeldLock(channel, left_by)
        return held
    finally:
        if held is None:
            channel.close()


def _sign(jvm: Any, channel: Any) -> None:  # noqa: ANN401
    """Write into the file who holds the lock and since when, for those who wait."""
    pid = jvm.java.lang.ProcessHandle.current().pid()
    text = f"{socket.gethostname()} pid {pid} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
    channel.truncate(0)
    channel.write(jvm.java.nio.ByteBuffer.wrap(text.encode()), 0)
