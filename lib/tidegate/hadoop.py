"""Use Hadoop's file systems on the driver, so that every URI that Spark can read or write works."""

import re
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from tidegate.errors import UsageError
from tidegate.jvm import java_class

_OTHER_SYSTEM = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+:/")


def open_path(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """Return Hadoop's Path of a URI, and its FileSystem."""
    path = hadoop_path(spark, uri)
    return path, file_system_of(spark, path)


def with_scheme(spark: SparkSession, root: str) -> str:
    """Return a root with its scheme if Hadoop's default file system is not the one of this machine; otherwise unchanged.

    Spark reads and writes a path without a scheme in the default file system. Code that looks only at the text would take such a
    path for a folder of this machine, and would put MLflow's database there.

    Raises:
        UsageError: The path of the root contains a backtick, which Delta does not accept in the path of a table.
    """
    if "`" in root:
        raise UsageError(
            f"root {root!r} contains a backtick, which Delta does not accept in a table's path; choose another folder."
        )
    if has_scheme(spark, root) or is_local(spark, root):
        return root
    path, file_system = open_path(spark, root)
    return str(file_system.makeQualified(path).toString())


def has_scheme(spark: SparkSession, uri: str) -> bool:
    """Return whether a URI has a scheme."""
    return hadoop_path(spark, uri).toUri().getScheme() is not None


def scheme_of(spark: SparkSession, uri: str) -> str:
    """Return the scheme of a URI in lower case, or the scheme of Hadoop's default file system if the URI has none.

    The file system is not opened, since its classes may be missing here.
    """
    named = hadoop_path(spark, uri).toUri().getScheme()
    default = java_class(spark, "org.apache.hadoop.fs.FileSystem").getDefaultUri(configuration(spark)).getScheme()
    return str(named or default).lower()


def is_local(spark: SparkSession, uri: str) -> bool:
    """Return whether Hadoop looks for a URI in the file system of this machine."""
    return scheme_of(spark, uri) == "file"


def is_relative(spark: SparkSession, uri: str) -> bool:
    """Return whether a path is relative: it has no scheme and does not begin with a slash."""
    return not hadoop_path(spark, uri).isAbsolute() and not has_scheme(spark, uri)


def hadoop_path(spark: SparkSession, *parts: Any) -> Any:  # noqa: ANN401  # Hadoop's own classes
    """Return Hadoop's Path of a URI, or of a folder and a name in it."""
    return java_class(spark, "org.apache.hadoop.fs.Path")(*parts)


def file_system_of(spark: SparkSession, path: Any) -> Any:  # noqa: ANN401  # Hadoop's own classes
    """Return Hadoop's FileSystem of a Path."""
    return path.getFileSystem(configuration(spark))


def rename_over(spark: SparkSession, source: Any, target: Any) -> None:  # noqa: ANN401  # Hadoop's own classes
    """Rename the file `source` to `target` and replace an existing file; a reader sees the old file or the new one."""
    ways = java_class(spark, "org.apache.hadoop.fs.Options$Rename")
    overwrite = spark.sparkContext._gateway.new_array(ways, 1)  # type: ignore[union-attr]
    overwrite[0] = ways.OVERWRITE
    context = java_class(spark, "org.apache.hadoop.fs.FileContext").getFileContext(target.toUri(), configuration(spark))
    context.rename(source, target, overwrite)


def configuration(spark: SparkSession) -> Any:  # noqa: ANN401  # Hadoop's own classes
    """Return Hadoop's Configuration of the session."""
    return spark.sparkContext._jsc.hadoopConfiguration()


def error_text(error: Exception) -> str:
    """Return the message of an error of the JVM or of Spark, without the stack trace."""
    if isinstance(error, Py4JJavaError):
        return str(error.java_exception.getMessage() or error.java_exception.toString())
    return str(error).split("\n\nJVM stacktrace", 1)[0]


def is_local_by_name(root: str) -> bool:
    """Return whether a root's name, by its scheme, can be a folder of this machine."""
    return not _OTHER_SYSTEM.match(root)


def local_path(root: str) -> Path | None:
    """Return the folder of a root whose name is local, or None for a root on another file system."""
    if root.startswith("file:"):
        return Path("/" + root.removeprefix("file:").lstrip("/"))
    return Path(root) if is_local_by_name(root) else None
