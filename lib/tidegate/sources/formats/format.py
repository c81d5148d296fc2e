"""The interface of file formats: the methods with which the library reads CSV, JSON lines, Parquet and other formats.

To add a format, write one file in this folder with a frozen dataclass, export it from `tidegate`, and describe it in
docs/sources.md. Nothing else knows the formats by name. Derive the class from

- `LineFormat` (line_format.py) if a file is lines of text: you say how one line is split into the texts of its fields;
- `ColumnFormat` (column_format.py) if a file has columns with types: you say how the files are read with declared columns;
- `FileFormat` itself if it is neither.

The attributes of the dataclass are the options that a user declares. They are checked in `__post_init__`, as far as they can be
without the source, and in `check_source`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from pyspark.sql import DataFrame, SparkSession

from tidegate.expectations import Expectation
from tidegate.schema import Field
from tidegate.sources.delivery import Delivery, Portion
from tidegate.sources.folders import ListedFile
from tidegate.sources.local_times import DoubleHours

_COMPRESSED = (".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate")
_COMPRESSED_TO = 6


class DeclaredSource(Protocol):
    """The attributes of a `Source` that a format may use. `Source` is such a class, so you never create one yourself."""

    @property
    def name(self) -> str:
        """The name of the source, for messages."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The declared fields, in the order of the file."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The names in the files of the fields that have another name there, by field."""

    @property
    def file_names(self) -> dict[str, str]:
        """The name in the files of each field, by field."""

    @property
    def zone(self) -> str | None:
        """The time zone of times that are written without one; None if it is not declared."""

    @property
    def double_hours(self) -> DoubleHours:
        """How to read a time that the clocks showed twice."""

    @property
    def patterns(self) -> Mapping[str, str]:
        """The patterns of times and days that are not written in ISO 8601, by field."""

    @property
    def required(self) -> tuple[str, ...]:
        """The fields that must have a value in every row."""

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """The expectations that every row is checked against."""

    @property
    def contents(self) -> object | None:
        """How to find the moment of the full state in a file's name; None if the files contain changes."""


@dataclass(frozen=True)
class FileSummary:
    """Facts about one file, from the pass over its rows.

    Attributes:
        path: The URI of the file.
        first_kind: The kind of its first line: "header", "row", "blank", or a word with which the format marks an unusable file.
        headers: The number of lines that are equal to the header.
    """

    path: str
    first_kind: str
    headers: int


class FileFormat(ABC):
    """A file format: it reads the files of a source as rows. The docstring of the module explains how to add a format.

    Attributes:
        bytes_a_value: A rough estimate of the bytes of a value in an uncompressed file. Half or twice the number does no harm.
    """

    bytes_a_value: ClassVar[int] = 10

    @property
    def delivery(self) -> Delivery:
        """How the data arrives: as files in a folder, unless the format overrides this."""
        return Delivery()

    @property
    def option_fields(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the fields in each option of the format, by option. The source refuses names that are not its fields."""
        return {}

    @property
    def shares_lines(self) -> bool:
        """Whether several rows come from one line. The quarantine then stores the texts of each row, and not only the line."""
        return False

    @abstractmethod
    def check_source(self, source: DeclaredSource) -> None:
        """Raise an error if this format can't read a source. It is called when the source is declared.

        Raises:
            DefinitionError: A type, a header name, a pattern or another attribute of the source does not fit the format.
        """

    @abstractmethod
    def read_portion(self, spark: SparkSession, source: DeclaredSource, portion: Portion) -> DataFrame:
        """Return the rows of some files of the source as a lazy frame. No Spark job may start.

        For authors of formats: end with `judged_texts` (for rows of texts) or `judged_values` (for rows of typed values). They
        add the values, what is wrong with them, and the expectations that a row breaks. Each row that you pass to them needs a
        place, in three columns: `FILE` (a key of `Delivery.uris`), `BLOCK` (the part of the file that one task reads; 0 if one
        task reads the whole file) and `NUMBER` (increases by one with every line of a block).

        Args:
            spark: The session.
            source: The declaration.
            portion: The folder, and the files in it that this load reads.

        Raises:
            WrongFilesError: The files do not fit the declaration, and this can be seen before a row is read.
        """

    @abstractmethod
    def read_held(self, source: DeclaredSource, held: DataFrame) -> DataFrame:
        """Read quarantined rows again with the current declaration, which may make them readable.

        Args:
            source: The corrected declaration.
            held: The quarantined rows with their place and `AS_READ`, the text that `read_portion` returned for the quarantine.
                For a format of lines, this is the line. If `shares_lines` is true, each row also has `CELLS`, a map with the text
                of each of its fields.
        """

    def file_complaint(self, spark: SparkSession, source: DeclaredSource, summary: FileSummary) -> str | None:
        """Return why one file must be refused as a whole, such as for another header; None if there is no reason."""
        return None

    def estimated_rows(self, files: Iterable[ListedFile], values: int) -> int | None:
        """Estimate the number of rows of files from their sizes; None if the sizes say nothing about it.

        Args:
            files: The listed files. No file is opened.
            values: The number of values in a row, which is the number of fields.
        """
        unpacked = sum(file.bytes * (_COMPRESSED_TO if file.name.endswith(_COMPRESSED) else 1) for file in files)
        return unpacked // (self.bytes_a_value * values)
