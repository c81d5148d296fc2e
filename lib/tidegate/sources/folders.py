"""List the files of landing folders through Hadoop's file systems, so that any URI that Spark can read works."""

import re
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from tidegate.hadoop import open_path

DAY_PREFIX = "day="


@dataclass(frozen=True)
class Folder:
    """The visible entries of one folder.

    Attributes:
        uri: The URI of the folder, even if the folder does not exist.
        exists: Whether the folder exists.
        folders: The names of the folders in it, sorted.
        files: The names of the files in it, sorted.
    """

    uri: str
    exists: bool
    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def days(self) -> tuple[date, ...]:
        """The days of the folders that are named `day=YYYY-MM-DD`, in ascending order. Other folders are ignored."""
        found = (_day(name) for name in self.folders)
        return tuple(sorted(day for day in found if day is not None))


@dataclass(frozen=True)
class ListedFile:
    """A file as a listing of its folder shows it.

    Attributes:
        name: The path of the file relative to the folder.
        bytes: The size of the file in bytes.
        modified: When the file was last written, in milliseconds since 1970 UTC.
    """

    name: str
    bytes: int
    modified: int


def list_below(spark: SparkSession, uri: str) -> tuple[ListedFile, ...]:
    """Return all visible files in a folder and in its subfolders, ordered by name.

    The result is empty if the folder does not exist or is a file. Names that start with `_` or `.` are left out, as in Spark.
    """
    path, file_system = open_path(spark, uri)
    if not file_system.exists(path) or file_system.getFileStatus(path).isFile():
        return ()
    top = str(file_system.makeQualified(path).toUri().getPath()).rstrip("/")
    listed, found = file_system.listFiles(path, True), []
    while listed.hasNext():
        entry = listed.next()
        name = str(entry.getPath().toUri().getPath()).removeprefix(f"{top}/")
        if not any(part.startswith(("_", ".")) for part in name.split("/")):
            found.append(ListedFile(name, int(entry.getLen()), int(entry.getModificationTime())))
    return tuple(sorted(found, key=lambda file: file.name))


def list_folder(spark: SparkSession, uri: str) -> Folder:
    """Return the names of the files and folders that are directly in a folder.

    Names that begin with `_` or `.` are left out, as Spark leaves them out. If the folder does not exist, the result has
    `exists=False` and no names.
    """
    path, file_system = open_path(spark, uri)
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


def qualified(spark: SparkSession, uri: str) -> str:
    """Return a URI in the form in which `file_uri` writes it for rows, so that the two can be compared."""
    path, file_system = open_path(spark, uri)
    return re.sub("^file:/+", "file:/", str(file_system.makeQualified(path).toUri().toString()))


def literal_path(path: str) -> str:
    """Return a path with its special characters escaped. Spark's readers would read brackets and stars as a pattern."""
    return re.sub(r"([\\{}\[\]*?])", r"\\\1", path)


def file_uri() -> Column:
    """Return a column with the URI of the file that each row was read from, in the form of `qualified`."""
    path = F.col("_metadata.file_path")
    # Spark writes local paths like this. To cut the text costs much less for each row than a regular expression.
    is_usual = F.startswith(path, F.lit("file:///")) & ~F.startswith(path, F.lit("file:////"))
    usual = F.concat(F.lit("file:/"), F.substr(path, F.lit(9)))
    return F.when(is_usual, usual).otherwise(F.regexp_replace(path, "^file:/+", "file:/"))


def day_of(name: str) -> date | None:
    """Return the day of the folder `day=YYYY-MM-DD` in the path of a file; None if no folder of the path is named like this."""
    return next((day for part in name.split("/")[:-1] if (day := _day(part)) is not None), None)


def _day(name: str) -> date | None:
    if not name.startswith(DAY_PREFIX):
        return None
    try:
        return date.fromisoformat(name.removeprefix(DAY_PREFIX))
    except ValueError:
        return None
