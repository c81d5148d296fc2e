"""The ranges of a watermark column that loads take: each load takes the rows after the last loaded watermark."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from pyspark.sql import SparkSession

from tidegate.errors import DatabaseError, TidegateError
from tidegate.sources.delivery import Delivery, Portion
from tidegate.sources.folders import ListedFile
from tidegate.sources.jdbc.database import Database
from tidegate.sources.jdbc.queries import first_row, newest_number, newest_time, quoted_name, select

_NAME = re.compile(r"watermark=(.*)\.\.(.+)")


@dataclass(frozen=True)
class WatermarkRange:
    """The rows whose watermark is above `lower` and at most `upper`. The bounds are texts: whole numbers, or moments in UTC.

    Attributes:
        lower: The watermark up to which rows were loaded before; None for the first load.
        upper: The newest watermark of the range.
    """

    lower: str | None
    upper: str

    @property
    def name(self) -> str:
        """The name under which the range is recorded as loaded."""
        return f"watermark={self.lower or ''}..{self.upper}"

    @classmethod
    def of(cls, name: str) -> "WatermarkRange | None":
        """Read a name; None if it is not that of a range."""
        found = _NAME.fullmatch(name)
        return cls(found.group(1) or None, found.group(2)) if found else None

    @property
    def place(self) -> tuple[int, str]:
        """A key by which ranges are ordered: moments all have the same form, and whole numbers may have signs."""
        is_number = re.fullmatch(r"-?\d+", self.upper) is not None
        return (int(self.upper), "") if is_number else (0, self.upper)


@dataclass(frozen=True)
class WatermarkRanges(Delivery):
    """The rows of a table in the order of a watermark column. One load takes one range.

    Attributes:
        database: The database.
        relation: The table, or a query in parentheses, for a FROM clause.
        column: The name of the watermark column.
        lag: How old a watermark must be by the database's clock, or how far below the largest number.
    """

    noun: ClassVar[str] = "row whose watermark is older than the lag"
    has_lines: ClassVar[bool] = False

    database: Database
    relation: str
    column: str
    lag: timedelta | int

    def listed(self, spark: SparkSession, source: str, folder: str) -> tuple[ListedFile, ...]:
        """Return the range up to the newest watermark that may be loaded now; nothing if there is none.

        Raises:
            DatabaseError: The database can't be asked, or a row has no watermark.
        """
        with self.database.connected(spark, source) as connection:
            column = quoted_name(connection, self.column)
            [without] = first_row(connection, select("1", self.relation, f"{column} IS NULL"))
            if isinstance(self.lag, int):
                upper = newest_number(connection, self.relation, column, self.lag)
            else:
                upper = newest_time(spark, connection, self.relation, column, self.lag)
        if without is not None:
            reason = f"a row has no value in {self.column}, so no load would ever take it"
            step = f"Give the row a watermark, or leave it out: Jdbc(query='SELECT ... WHERE {self.column} IS NOT NULL')."
            raise DatabaseError(source, self.database.url, reason, step)
        return () if upper is None else (ListedFile(WatermarkRange(None, upper).name, 0, 0),)

    def pieces(self, listed: Iterable[ListedFile], loaded: Mapping[str, ListedFile]) -> tuple[ListedFile, ...]:
        """Return the loaded ranges, and the new one that begins where they end.

        If the newest watermark is now older than the last loaded one, rows that were loaded are gone. Then the last loaded range
        is left out, so that it counts as gone.
        """
        last = last_range(loaded)
        newest = max(filter(None, (WatermarkRange.of(file.name) for file in listed)), key=lambda each: each.place, default=None)
        if last is None or newest is None:
            return tuple(listed)
        if newest.place < last.place:
            return tuple(file for name, file in loaded.items() if name != last.name)
        new = [ListedFile(WatermarkRange(last.upper, newest.upper).name, 0, 0)] if newest.place > last.place else []
        return (*loaded.values(), *new)

    def expected(self, loaded: Iterable[str], there: Iterable[str]) -> set[str]:
        """Return the last loaded range, whose rows must still be there."""
        last = last_range(loaded)
        return set() if last is None else {last.name}

    def changed(self, spark: SparkSession, source: str, folder: str, files: Iterable[ListedFile]) -> list[str]:
        """Return nothing: the database gives a row once, and a later update of the row has a later watermark."""
        return []

    def uris(self, spark: SparkSession, portion: Portion) -> dict[str, ListedFile]:  # noqa: D102  # described in Delivery
        return {file.name: file for file in portion.files}

    def unreadable(self, source: str, portion: Portion, error: Exception) -> TidegateError:  # noqa: D102
        return self.database.failure(source, error)


def last_range(names: Iterable[str]) -> WatermarkRange | None:
    """Return the loaded range with the newest watermark; None if there is none."""
    return max(filter(None, map(WatermarkRange.of, names)), key=lambda each: each.place, default=None)
