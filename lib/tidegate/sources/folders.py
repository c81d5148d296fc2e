"""What lies in a landing folder, asked through Hadoop's file systems: any URI that Spark can read will do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import SparkSession

DAY_PREFIX = "day="


@dataclass(frozen=True)
class Folder:
    """The visible entries of one folder.

    Attributes:
        uri: Where the folder is, or would be.
        exists: Whether it is there.
        folders: Names of the folders in it, sorted.
        files: Names of the files in it, sorted.
    """

    uri: str
    exists: bool
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def days(self) -> tuple[date, ...]:
        """The days that `day=YYYY-MM-DD` folders stand for, in order; other folders are no days."""
        found = (_day(name) for name in self.folders)
        return tuple(sorted(day for day in found if day is not None))

    def day_uri(self, day: date) -> str:
        """Return the URI of the folder of one day."""
        return f"{self.uri}/{DAY_PREFIX}{day.isoformat()}"


def list_folder(spark: SparkSession, uri: str) -> Folder:
    """List a folder; what Spark itself skips (names that start with `_` or `.`) is left out."""
    path, file_system = _open(spark, uri)
    if not file_system.exists(path):
        return Folder(uri.rstrip("/"), exists=False)
    entries = [(str(entry.getPath().getName()), bool(entry.isDirectory())) for entry in file_system.listStatus(path)]
    visible = sorted((name, is_folder) for name, is_folder in entries if not name.startswith(("_", ".")))
    return Folder(
        uri.rstrip("/"),
        exists=True,
        folders=tuple(name for name, is_folder in visible if is_folder),
        files=tuple(name for name, is_folder in visible if not is_folder),
    )


def list_files(spark: SparkSession, uris: Iterable[str]) -> tuple[str, ...]:
    """Return the URIs of the visible files that lie directly in the given folders."""
    listed = [list_folder(spark, uri) for uri in uris]
    return tuple(f"{folder.uri}/{name}" for folder in listed for name in folder.files)


def _open(spark: SparkSession, uri: str) -> tuple[Any, Any]:
    jvm: Any = spark._jvm
    context: Any = spark.sparkContext
    path = jvm.org.apache.hadoop.fs.Path(uri)
    return path, path.getFileSystem(context._jsc.hadoopConfiguration())


def _day(name: str) -> date | None:
    if not name.startswith(DAY_PREFIX):
        return None
    try:
        return date.fromisoformat(name.removeprefix(DAY_PREFIX))
    except ValueError:
        return None
