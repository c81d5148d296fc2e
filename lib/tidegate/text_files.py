"""Write and read a text file at any path that Spark can write: a folder of this machine, HDFS, an object store."""

from uuid import uuid4

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from tidegate.errors import TextFileNotWrittenError
from tidegate.hadoop import configuration, hadoop_path, open_path, rename_over
from tidegate.jvm import java_class


def write_text(spark: SparkSession, path: str, text: str) -> int:
    """Write the text as UTF-8 in place of whatever is at the path; folders above it are created.

    A reader sees the old file or the new one: the text goes to a file beside it, which then takes its name (on an
    object store that is a copy, and the file there appears whole as well).

    Returns:
        The size of the file in bytes.

    Raises:
        TextFileNotWrittenError: The path can't be written, with the reason of the file system.
    """
    content = text.encode("utf-8")
    try:
        _replace(spark, path, content)
    except Py4JJavaError as error:
        raise TextFileNotWrittenError(path, str(error.java_exception)) from error
    return len(content)


def read_text(spark: SparkSession, path: str) -> str | None:
    """Return the text of a file in UTF-8; None where there is no file."""
    target, file_system = open_path(spark, path)
    if not file_system.exists(target):
        return None
    stream = file_system.open(target)
    try:
        return str(java_class(spark, "org.apache.commons.io.IOUtils").toString(stream, "UTF-8"))
    finally:
        stream.close()


def _replace(spark: SparkSession, path: str, content: bytes) -> None:
    target = hadoop_path(spark, path)
    beside = hadoop_path(spark, target.getParent(), f".{target.getName()}.{uuid4().hex}")
    # An instance of our own: the shared one would stop writing checksum files for everything else in this JVM.
    file_system = java_class(spark, "org.apache.hadoop.fs.FileSystem").newInstance(target.toUri(), configuration(spark))
    try:
        file_system.setWriteChecksum(False)
        stream = file_system.create(beside, True)
        stream.write(content)
        stream.close()
        rename_over(spark, beside, target)
    finally:
        file_system.delete(beside, False)
        file_system.close()
