"""How the files of a source are written."""

from dataclasses import dataclass
from typing import Literal

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError

LONGEST_LINE = 1_000_000


@dataclass(frozen=True)
class Wide:
    """A table with a column for each of something, such as a station: every cell with a value becomes a row.

    The first lines of the file say what each column is; a cell's row gets the texts above it.

    Attributes:
        fixed: Fields of the first columns, which every cell of a line shares.
        header: Field that takes each header line's text above the cell, from the first line on; "" for a line of no interest.
        value: Field of the cell.
    """

    fixed: tuple[str, ...]
    header: tuple[str, ...]
    value: str

    def __post_init__(self) -> None:
        require_declared_types(self)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that a cell's row has."""
        return (*self.fixed, *filter(None, self.header), self.value)


@dataclass(frozen=True)
class Csv:
    """Lines of values, UTF-8, quoted by `"` where needed (doubled inside, as RFC 4180 says); a line is a row.

    An empty value is NULL, a quoted empty one the empty text. A value with a line break in it is refused.

    Attributes:
        separator: Between two values, one character.
        decimal: The decimal mark of numbers, `.` or `,`.
        header: Whether the first line of each file names the fields, all of them in their order.
        nulls: Further texts that stand for a missing value, such as `NA`.
        wide: Where a file has a column for each of something.
        longest_line: Characters; a longer line is held back.

    Raises:
        DefinitionError: A separator or decimal mark that can't be told from the rest.
    """

    separator: str = ","
    decimal: str = "."
    header: bool = True
    nulls: tuple[str, ...] = ()
    wide: Wide | None = None
    longest_line: int = LONGEST_LINE

    def __post_init__(self) -> None:
        require_declared_types(self)
        if len(self.separator) != 1 or self.separator in '"\n\r' or self.separator.isalnum():
            raise DefinitionError(f"csv: separator {self.separator!r}; give one character that is no letter, digit or quote.")
        if self.decimal not in (".", ","):
            raise DefinitionError(f"csv: decimal mark {self.decimal!r}; it is '.' or ','.")


@dataclass(frozen=True)
class JsonLines:
    """One JSON object a line, UTF-8; a key that is not there is NULL, one that is not declared holds the line back.

    Attributes:
        longest_line: Characters; a longer line is held back.
    """

    longest_line: int = LONGEST_LINE

    def __post_init__(self) -> None:
        require_declared_types(self)


@dataclass(frozen=True)
class Parquet:
    """Parquet files with exactly the declared columns and types."""


@dataclass(frozen=True)
class Delta:
    """A Delta table with exactly the declared columns and types. Each of its versions is a batch, known from its commit on.

    A table of which nothing was loaded yet is taken as it is now.

    Attributes:
        read: `change_feed`: what each version inserted, updated and deleted, for which the table needs
            `delta.enableChangeDataFeed`. `versions`: each version is all that its source held at that moment.
        key: Of a change feed, the fields that tell a row from all others: all that the group's entity key and event_time come
            from. An update that changes one of them tells that the row is gone which was there.

    Raises:
        DefinitionError: A change feed without a key.
    """

    read: Literal["change_feed", "versions"] = "change_feed"
    key: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_declared_types(self)
        if self.read == "change_feed" and not self.key:
            raise DefinitionError(
                "delta: a change feed needs the fields that tell a row from all others, as in Delta(key=('sensor', 'read_at')): "
                "an update that changes them leaves no row where one was."
            )


Format = Csv | JsonLines | Parquet | Delta
