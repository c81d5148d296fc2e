"""How the data of a source arrives: as files below a folder."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pyspark.sql import SparkSession

from tidegate.errors import TidegateError, UnreadableFilesError
from tidegate.sources.folders import ListedFile, list_below, qualified


@dataclass(frozen=True)
class Portion:
    """What one pass reads.

    Attributes:
        folder: URI of the folder, or of the table.
        files: The files below it, or one version of the table.
        whole: Only for a version of a table: read all rows that it holds, and not what it changed.
    """

    folder: str
    files: tuple[ListedFile, ...]
    whole: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """The URIs of the files."""
        return tuple(f"{self.folder.rstrip('/')}/{file.name}" for file in self.files)


class Delivery:
    """Finds what a source has to load. This class is for files below a folder, which most formats have.

    A format whose data comes in another way, such as the versions of a table, overrides what differs and names the result in
    `FileFormat.delivery`. A piece is one file here, and one version there.

    Attributes:
        noun: What a message calls one piece: "no file under ...".
        has_lines: Whether a row has a line (its number in the file), so that a message can name it.
        one_at_a_time: Whether every piece is a batch of its own.
    """

    noun: ClassVar[str] = "file"
    has_lines: ClassVar[bool] = True
    one_at_a_time: ClassVar[bool] = False

    @property
    def holds_states(self) -> bool:
        """Whether every piece is all that the source held at a moment."""
        return False

    @property
    def may_be_empty(self) -> bool:
        """Whether a piece without any row is right."""
        return False

    @property
    def starts_whole(self) -> bool:
        """Whether the first load takes the newest piece as a whole, and no older one."""
        return False

    def listed(self, spark: SparkSession, source: str, folder: str) -> tuple[ListedFile, ...]:
        """Return everything that the folder holds now, by name; `source` is the source's name, for a message."""
        return list_below(spark, folder)

    def pieces(self, listed: Iterable[ListedFile], loaded: Mapping[str, ListedFile]) -> tuple[ListedFile, ...]:
        """Return the pieces that there are now, given those that were loaded before, by name.

        They are the listed ones, unless it depends on the loaded pieces where a new one begins.
        """
        return tuple(listed)

    def changed(self, spark: SparkSession, source: str, folder: str, files: Iterable[ListedFile]) -> list[str]:
        """Return the names of pieces that changed after they were listed. Only a part of them may have been read."""
        there = set(self.listed(spark, source, folder))
        return [file.name for file in files if file not in there]

    def expected(self, loaded: Iterable[str], there: Iterable[str]) -> set[str]:
        """Return the names of loaded pieces that have to be there still; the load stops if one of them is gone."""
        return {*loaded}

    def known_at(self, file: ListedFile) -> datetime | None:
        """Return when a piece became known, if the delivery itself says so."""
        return None

    def uris(self, spark: SparkSession, portion: Portion) -> dict[str, ListedFile]:
        """Return the files by the value that their rows have in the column `FILE`."""
        return {qualified(spark, path): file for path, file in zip(portion.paths, portion.files, strict=True)}

    def unreadable(self, source: str, portion: Portion, error: Exception) -> TidegateError:
        """Return the error to raise if Spark failed while it read the portion."""
        return UnreadableFilesError(source, list(portion.paths), str(error))
