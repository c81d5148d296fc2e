"""Copy fetched files into a folder that executors can read, on any file system to which Spark can write."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from tidegate.errors import NotLandedError
from tidegate.hadoop import hadoop_path, open_path, rename_over
from tidegate.jvm import java_class
from tidegate.sources.http.file import FetchedFile
from tidegate.sources.http.validators import file_digest
from tidegate.spark_classic import require_classic


def land_files(spark: SparkSession, fetched: Sequence[FetchedFile], folder_uri: str) -> tuple[str, ...]:
    """Copy fetched files into a landing folder, each under its name.

    A reader sees either the old file or the new one, never a part of it. A file that is already there with the same bytes is not
    touched, so it keeps its modification time. Files of equal length are compared by their sha256, because a corrected file often
    has the length of the wrong one. So you can land all files each time, whatever `FetchedFile.state` says.

    Args:
        spark: The session.
        fetched: The files that `fetch_files` returned, or some of them.
        folder_uri: The landing folder, for example that of one day. It is created if it does not exist.

    Returns:
        The URIs of the landed files, in the order of `fetched`.

    Raises:
        NotLandedError: A file could not be copied, or the cache no longer has the bytes that were fetched. The files before it in
            the list are already landed.
        SparkConnectError: The session is a Spark Connect session.
    """
    require_classic(spark)
    folder = folder_uri.rstrip("/")
    for each in fetched:
        try:
            _land(spark, each, folder)
        except Py4JJavaError as error:
            raise NotLandedError(each.file.file_name, folder, str(error.java_exception)) from None
    return tuple(f"{folder}/{each.file.file_name}" for each in fetched)


def _land(spark: SparkSession, fetched: FetchedFile, folder: str) -> None:
    name = fetched.file.file_name
    target, file_system = open_path(spark, f"{folder}/{name}")
    beside = hadoop_path(spark, folder, f".{name}.{uuid4().hex}")
    try:
        if _is_there(spark, file_system, target, fetched):
            return
        _require_same(fetched, folder)
        # Use Java's own URI: in a path given as text, Hadoop would not decode %20.
        source = hadoop_path(spark, java_class(spark, "java.io.File")(str(fetched.path.resolve())).toURI())
        file_system.copyFromLocalFile(False, True, source, beside)
        # With the checksum file of the old content, readers would refuse the new content. So it is deleted before the file is
        # replaced. The old file can be read without it.
        file_system.delete(hadoop_path(spark, folder, f".{name}.crc"), False)
        rename_over(spark, beside, target)
    finally:
        file_system.delete(beside, False)


def _is_there(spark: SparkSession, file_system: Any, target: Any, fetched: FetchedFile) -> bool:  # noqa: ANN401
    """Return whether the target already has the fetched bytes. The JVM reads the file, so this works on any file system."""
    if not file_system.exists(target) or file_system.getFileStatus(target).getLen() != fetched.bytes:
        return False
    stream = file_system.open(target)
    try:
        digests = java_class(spark, "org.apache.commons.codec.digest.DigestUtils")
        return str(digests.sha256Hex(stream)) == fetched.sha256
    except Py4JJavaError:
        # The target can't be read to its end, so the new file replaces it.
        return False
    finally:
        stream.close()


def _require_same(fetched: FetchedFile, folder: str) -> None:
    """Check that the cache still has the version that was fetched. Otherwise `fetched` would describe other bytes than landed.

    Raises:
        NotLandedError: The cached file can't be read, or it has other bytes.
    """
    try:
        found = file_digest(fetched.path, "sha256")
    except OSError as error:
        raise NotLandedError(fetched.file.file_name, folder, f"the cached file can't be read: {error}") from None
    if found != fetched.sha256:
        reason = f"{fetched.path} now has the sha256 {found}, but the fetched file had {fetched.sha256}"
        raise NotLandedError(fetched.file.file_name, folder, reason)
