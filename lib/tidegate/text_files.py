"""Write and read a text file at any path that Spark supports: on this machine, on HDFS, or in an object store."""

from uuid import uuid4

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from tidegate.errors import TextFileNotWrittenError
from tidegate.hadoop import configuration, hadoop_path, open_path, rename_over
from tidegate.jvm import java_class


def write_text(spark: SparkSession, path: str, text: str) -> int:
    """Write a text as UTF-8 to a file; an existing file is replaced, and missing folders are created.

    A reader sees either the old file or the whole new file: the text is written to a temporary file in the same folder, which
    is then renamed. In an object store the renaming is a copy, which also becomes visible as a whole.

    Returns:
        The size of the file in bytes.

    Raises:
        TextFileNotWrittenError: The path can't be written; the message contains the reason of the file system.
    """
    content = text.encode("utf-8")
    try:
        _replace(spark, path, content)
    except Py4JJavaError as error:
        raise TextFileNotWrittenError(path, str(error.java_exception)) from error
    return len(content)


def read_text(spark: SparkSession, path: str) -> str | None:
    """Return the text of a UTF-8 file; None if the file does not exist."""
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
    # A new instance, since setWriteChecksum on the shared one would switch off checksum files for everything in this JVM.
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
