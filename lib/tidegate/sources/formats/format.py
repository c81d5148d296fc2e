"""The interface of a file format: what the rest of the library asks of CSV, JSON lines, Parquet and all others.

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
    """What a format may ask of the source that declares it; `Source` describes each attribute."""

    @property
    def name(self) -> str:
        """Name of the source, for messages."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The declared fields, in the order of the file."""

    @property
    def names(self) -> tuple[str, ...]:
        """The fields' names."""

    @property
    def headers(self) -> Mapping[str, str]:
        """What the files call a field, where not by its own name."""

    @property
    def file_names(self) -> dict[str, str]:
        """What the files call each field."""

    @property
    def zone(self) -> str | None:
        """Zone of times without one; None if there is none."""

    @property
    def double_hours(self) -> DoubleHours:
        """What a time means that the clocks showed twice."""

    @property
    def patterns(self) -> Mapping[str, str]:
        """How times and days of a field are written, where not by ISO 8601."""

    @property
    def required(self) -> tuple[str, ...]:
        """Fields that always hold a value."""

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """What has to hold of every row."""

    @property
    def contents(self) -> object | None:
        """How a file says of which moment it is the full state; None if files hold changes."""


@dataclass(frozen=True)
class FileSummary:
    """What the pass over the rows found in one file.

    Attributes:
        path: URI of the file.
        first_kind: What its first line is: "header", "row" or "blank".
        headers: How many of its lines are the header.
    """

    path: str
    first_kind: str
    headers: int


class FileFormat(ABC):
    """How the files of a source are written, and how they become rows. The module says how to add a format.

    Attributes:
        bytes_a_value: How many bytes a value takes in an uncompressed file, roughly: half or double of it does no harm.
    """

    bytes_a_value: ClassVar[int] = 10

    @property
    def delivery(self) -> Delivery:
        """How the data arrives: as files below a folder, unless a format says otherwise."""
        return Delivery()

    @property
    def option_fields(self) -> Mapping[str, tuple[str, ...]]:
        """The names of fields that the options mention, by option. The source refuses names that it doesn't declare."""
        return {}

    @property
    def shares_lines(self) -> bool:
        """Whether several rows come from one line. The quarantine then keeps each row's own texts, and not only the line."""
        return False

    @abstractmethod
    def check_source(self, source: DeclaredSource) -> None:
        """Refuse a source that this format can't read, when the source is declared.

        Raises:
            DefinitionError: A type, a header name, a pattern or another attribute of the source doesn't go with the format.
        """

    @abstractmethod
    def read_portion(self, spark: SparkSession, source: DeclaredSource, portion: Portion) -> DataFrame:
        """Return the rows of the files; make a plan only, and start no Spark job.

        End with `judged_texts` (for rows of texts) or `judged_values` (for rows of typed values): they add the values, what is
        wrong with them, and the expectations that a row breaks. Each row that you give to them needs a place, in three columns:
        `FILE` (a key of `Delivery.uris`), `BLOCK` (tells apart the parts of a file that different tasks read; 0 if one task reads
        the whole file) and `NUMBER` (grows by one with every line of a block).

        Raises:
            WrongFilesError: The files are not of this source, and that shows before a row is read.
        """

    @abstractmethod
    def read_held(self, source: DeclaredSource, held: DataFrame) -> DataFrame:
        """Return quarantined rows once more, as the source is declared now: a correction may have made them readable.

        Args:
            source: The corrected declaration.
            held: The rows with their place and `AS_READ`, the text that `read_portion` gave to the quarantine. If the format
                shares lines, they also have `CELLS`, a map with the text of each field.
        """

    def file_complaint(self, spark: SparkSession, source: DeclaredSource, summary: FileSummary) -> str | None:
        """Return why a file has to be refused whole, such as another header; None if there is no reason."""
        return None

    def estimated_rows(self, files: Iterable[ListedFile], values: int) -> int | None:
        """Return about how many rows files hold, by their sizes alone; None if the sizes don't tell.

        Args:
            files: The files as they are listed; none is opened.
            values: How many values a row has.
        """
        unpacked = sum(file.bytes * (_COMPRESSED_TO if file.name.endswith(_COMPRESSED) else 1) for file in files)
        return unpacked // (self.bytes_a_value * values)
