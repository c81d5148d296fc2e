"""Copy fetched files to where executors read them: any folder that Spark can write."""

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

    A reader sees the old file or the new one, never a half one. A file that is there with the same bytes is left alone with its
    time of modification: where lengths are equal its sha256 is computed, on any file system, as a corrected file often has the
    length of the wrong one. So it does no harm to land everything each time, whatever `FetchedFile.state` says.

    Args:
        spark: The session.
        fetched: What `fetch_files` returned, or some of it.
        folder_uri: The folder, such as that of one day; made where it is not there.

    Returns:
        The URIs of the files, in the order given.

    Raises:
        NotLandedError: A file could not be copied, or the cache has other bytes now than were fetched. Earlier ones are landed.
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
        # By Java's own URI: from a text, Hadoop would take %20 as it stands.
        source = hadoop_path(spark, java_class(spark, "java.io.File")(str(fetched.path.resolve())).toURI())
        file_system.copyFromLocalFile(False, True, source, beside)
        # The checksum file of older content would condemn the new one; it goes first, the old file reads well without it.
        file_system.delete(hadoop_path(spark, folder, f".{name}.crc"), False)
        rename_over(spark, beside, target)
    finally:
        file_system.delete(beside, False)


def _is_there(spark: SparkSession, file_system: Any, target: Any, fetched: FetchedFile) -> bool:  # noqa: ANN401
    """Tell whether the target has the fetched bytes; the JVM reads it, so any file system will do."""
    if not file_system.exists(target) or file_system.getFileStatus(target).getLen() != fetched.bytes:
        return False
    stream = file_system.open(target)
    try:
        digests = java_class(spark, "org.apache.commons.codec.digest.DigestUtils")
        return str(digests.sha256Hex(stream)) == fetched.sha256
    except Py4JJavaError:
        # It can't be read to its end, so it is replaced.
        return False
    finally:
        stream.close()


def _require_same(fetched: FetchedFile, folder: str) -> None:
    """Refuse to land another version than the one that was fetched: its report would tell a lie about what landed."""
    try:
        found = file_digest(fetched.path, "sha256")
    except OSError as error:
        raise NotLandedError(fetched.file.file_name, folder, f"the cached file can't be read: {error}") from None
    if found != fetched.sha256:
        reason = f"{fetched.path} has the sha256 {found} now, fetched was {fetched.sha256}"
        raise NotLandedError(fetched.file.file_name, folder, reason)
