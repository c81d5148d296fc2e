"""CSV: lines of values with separators between them."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, did_you_mean
from tidegate.sources.delivery import Portion
from tidegate.sources.first_lines import first_lines
from tidegate.sources.folders import qualified
from tidegate.sources.formats.csv_lines import is_blank, names_fields, parsed_values, texts_of, well_quoted
from tidegate.sources.formats.format import DeclaredSource, FileSummary
from tidegate.sources.formats.line_format import LONGEST_LINE, LineFormat, read_lines
from tidegate.sources.formats.wide_csv import Wide, WideLines
from tidegate.sources.judged_rows import SplitLine


@dataclass(frozen=True)
class Csv(LineFormat):
    """CSV files in UTF-8. Each line is a row. Values can be quoted with `"`, which is doubled inside a value, as in RFC 4180.

    An empty value is NULL, and a quoted empty value is the empty text. A quoted value can't contain a line break: each part of
    such a line goes to the quarantine.

    Attributes:
        separator: The character between two values.
        decimal: The decimal mark of numbers, `.` or `,`.
        header: Whether the first line of each file is a header with the names of all fields in the declared order.
        nulls: Further texts that mean a missing value, such as `NA`.
        wide: Declares files that have a column for each thing of a kind, such as a column for each station. The files then have
            the header lines that `Wide.header` names, and `header` is not used.
        longest_line: The largest number of characters of a line; a longer line goes to the quarantine.

    Raises:
        DefinitionError: The separator is not one character, or is a letter, digit or quote; or the decimal mark is another one.
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

    @property
    def option_fields(self) -> Mapping[str, tuple[str, ...]]:  # noqa: D102  # these methods are described in FileFormat
        return {} if self.wide is None else {"wide": self.wide.names}

    @property
    def shares_lines(self) -> bool:  # noqa: D102
        return self.wide is not None

    def check_source(self, source: DeclaredSource) -> None:  # noqa: D102
        super().check_source(source)
        if source.headers and (self.wide or not self.header):
            raise DefinitionError(
                f"source {source.name!r}: headers: these files have no line with the names of the fields; leave headers out."
            )

    def is_blank(self, line: Column) -> Column:
        """Return whether a line has no value: it is empty, or has only blanks and separators."""
        return is_blank(line, self.separator)

    def parse(self, source: DeclaredSource, line: Column) -> Column:
        """Return what Spark's parser makes of the line; NULL if the line has a broken quote."""
        return parsed_values(source.fields, line, self.separator)

    def split(self, source: DeclaredSource, line: Column, parsed: Column) -> SplitLine:  # noqa: D102
        broken_quote = F.when(~well_quoted(line, self.separator), "a quote that opens or closes no whole value")
        texts = texts_of(source.fields, parsed, self.nulls)
        count = F.when(texts.isNull(), f"not {len(source.names)} values")
        is_header = names_fields(source, texts) if self.header else None
        return SplitLine(texts, F.coalesce(broken_quote, count), is_header, decimal=self.decimal)

    def read_portion(self, spark: SparkSession, source: DeclaredSource, portion: Portion) -> DataFrame:  # noqa: D102
        if self.wide is None:
            return super().read_portion(spark, source, portion)
        heads = {qualified(spark, path): first_lines(spark, path, len(self.wide.header)) for path in portion.paths}
        return self._wide_lines(self.wide).rows(source, read_lines(spark, portion), heads)

    def read_held(self, source: DeclaredSource, held: DataFrame) -> DataFrame:  # noqa: D102
        if self.wide is None:
            return super().read_held(source, held)
        return self._wide_lines(self.wide).rows_again(source, held)

    def file_complaint(self, spark: SparkSession, source: DeclaredSource, summary: FileSummary) -> str | None:  # noqa: D102
        if self.wide is not None or not self.header:
            return None
        if summary.first_kind != "header":
            return _header_complaint(source, first_lines(spark, summary.path, 1), self.separator)
        return f"the header occurs {summary.headers} times: were files concatenated?" if summary.headers > 1 else None

    def _wide_lines(self, wide: Wide) -> WideLines:
        return WideLines(wide, self.separator, self.decimal, self.nulls, self.longest_line)


def _header_complaint(source: DeclaredSource, lines: Sequence[str], separator: str) -> str:
    names = list(source.file_names.values())
    expected = f"expected the header {separator.join(names)}"
    found = next(csv.reader(lines, delimiter=separator), []) if lines else []
    if not {name.lower() for name in found} & {name.lower() for name in names}:
        # The line may have values of a row, and no message may show these.
        return f"line 1: this is not a header; {expected}"
    missing = [name for name in names if name not in found]
    extra = [name for name in found if name not in names]
    twice = sorted({name for name in found if found.count(name) > 1})
    parts = [f"missing column {', '.join(missing)}"] if missing else []
    parts += [f"extra column {', '.join(extra)}"] if extra else []
    parts += [f"column {', '.join(twice)} occurs twice"] if twice else []
    hint = f".{did_you_mean(missing[0], extra)}" if missing and extra else ""
    return f"line 1: {'; '.join(parts) or 'columns in another order'}; {expected}{hint}"
