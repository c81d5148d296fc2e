"""Hadoop's file systems: any URI that Spark can read or write, on the driver."""

from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from tidegate.errors import UsageError
from tidegate.jvm import java_class


def open_path(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    """Return Hadoop's path of a URI, and its file system."""
    path = hadoop_path(spark, uri)
    return path, file_system_of(spark, path)


def with_scheme(spark: SparkSession, root: str) -> str:
    """Return a root with its scheme where Hadoop's default file system is not this machine's; else as it is.

    Spark reads and writes a path without a scheme in the default file system. Whoever looks at the text alone would take it for a
    folder of this machine, and put MLflow's database there.

    Raises:
        UsageError: The root's path has a backtick, with which Delta can't name a table.
    """
    if "`" in root:
        raise UsageError(f"root {root!r} has a backtick in its path, with which Delta can't name a table; choose another folder.")
    if has_scheme(spark, root) or is_local(spark, root):
        return root
    path, file_system = open_path(spark, root)
    return str(file_system.makeQualified(path).toString())


def has_scheme(spark: SparkSession, uri: str) -> bool:
    """Tell whether a URI names its file system itself."""
    return hadoop_path(spark, uri).toUri().getScheme() is not None


def scheme_of(spark: SparkSession, uri: str) -> str:
    """Return the scheme of the file system that Hadoop finds a URI in: the URI's own, else that of the default file system.

    The file system itself is not opened: its classes may be missing here.
    """
    named = hadoop_path(spark, uri).toUri().getScheme()
    default = java_class(spark, "org.apache.hadoop.fs.FileSystem").getDefaultUri(configuration(spark)).getScheme()
    return str(named or default).lower()


def is_local(spark: SparkSession, uri: str) -> bool:
    """Tell whether Hadoop finds a URI in the file system of this machine."""
    return scheme_of(spark, uri) == "file"


def is_relative(spark: SparkSession, uri: str) -> bool:
    """Tell whether a path needs a folder before it: it names no file system, and does not begin at the top of one."""
    return not hadoop_path(spark, uri).isAbsolute() and not has_scheme(spark, uri)


def hadoop_path(spark: SparkSession, *parts: Any) -> Any:  # noqa: ANN401  # Hadoop's own classes
    """Return Hadoop's path of a URI, or of a folder and a name in it."""
    return java_class(spark, "org.apache.hadoop.fs.Path")(*parts)


def file_system_of(spark: SparkSession, path: Any) -> Any:  # noqa: ANN401  # Hadoop's own classes
    """Return the file system of one of Hadoop's paths."""
    return path.getFileSystem(configuration(spark))


def rename_over(spark: SparkSession, source: Any, target: Any) -> None:  # noqa: ANN401  # Hadoop's own classes
    """Give a file another one's name in its place: a reader sees the old one or the new one."""
    ways = java_class(spark, "org.apache.hadoop.fs.Options$Rename")
    overwrite = spark.sparkContext._gateway.new_array(ways, 1)  # type: ignore[union-attr]
    overwrite[0] = ways.OVERWRITE
    context = java_class(spark, "org.apache.hadoop.fs.FileContext").getFileContext(target.toUri(), configuration(spark))
    context.rename(source, target, overwrite)


def configuration(spark: SparkSession) -> Any:  # noqa: ANN401  # Hadoop's own classes
    """Return the session's configuration of Hadoop."""
    return spark.sparkContext._jsc.hadoopConfiguration()


def error_text(error: Exception) -> str:
    """Return what an error of the JVM says, without its stack trace."""
    if isinstance(error, Py4JJavaError):
        return str(error.java_exception.getMessage() or error.java_exception.toString())
    return str(error).split("\n\nJVM stacktrace", 1)[0]
