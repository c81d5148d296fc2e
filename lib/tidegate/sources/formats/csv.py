"""CSV: lines of values between separators."""

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
from tidegate.sources.formats.csv_lines import is_blank, names_fields, split_line, well_quoted
from tidegate.sources.formats.format import DeclaredSource, FileSummary
from tidegate.sources.formats.line_format import LONGEST_LINE, LineFormat, read_lines
from tidegate.sources.formats.wide_csv import Wide, WideLines
from tidegate.sources.judged_rows import SplitLine


@dataclass(frozen=True)
class Csv(LineFormat):
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

    @property
    def option_fields(self) -> Mapping[str, tuple[str, ...]]:  # noqa: D102  # these methods are described in FileFormat
        return {} if self.wide is None else {"wide": self.wide.names}

    @property
    def shares_lines(self) -> bool:  # noqa: D102
        return self.wide is not None

    def check_source(self, source: DeclaredSource) -> None:  # noqa: D102
        super().check_source(source)
        if source.headers and (self.wide or not self.header):
            raise DefinitionError(f"source {source.name!r}: headers: no line of these files names the fields; leave headers out.")

    def is_blank(self, line: Column) -> Column:
        """Whether a line holds no value at all: nothing, blanks, or separators alone."""
        return is_blank(line, self.separator)

    def parse(self, source: DeclaredSource, line: Column) -> Column:
        """Return the texts of the line by field; NULL where it can't be split."""
        return split_line(source.fields, line, self.separator, self.nulls)

    def split(self, source: DeclaredSource, line: Column, parsed: Column) -> SplitLine:  # noqa: D102
        broken_quote = F.when(~well_quoted(line, self.separator), "a quote that opens or closes no whole value")
        count = F.when(parsed.isNull(), f"not {len(source.names)} values")
        is_header = names_fields(source, parsed) if self.header else None
        return SplitLine(parsed, F.coalesce(broken_quote, count), is_header, decimal=self.decimal)

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
        return f"the header stands in it {summary.headers} times: were files concatenated?" if summary.headers > 1 else None

    def _wide_lines(self, wide: Wide) -> WideLines:
        return WideLines(wide, self.separator, self.decimal, self.nulls, self.longest_line)


def _header_complaint(source: DeclaredSource, lines: Sequence[str], separator: str) -> str:
    names = list(source.file_names.values())
    expected = f"expected the header {separator.join(names)}"
    found = next(csv.reader(lines, delimiter=separator), []) if lines else []
    if not {name.lower() for name in found} & {name.lower() for name in names}:
        # It may hold values, which must not reach a message.
        return f"line 1: it is no header; {expected}"
    missing = [name for name in names if name not in found]
    extra = [name for name in found if name not in names]
    twice = sorted({name for name in found if found.count(name) > 1})
    parts = [f"missing column {', '.join(missing)}"] if missing else []
    parts += [f"extra column {', '.join(extra)}"] if extra else []
    parts += [f"column {', '.join(twice)} stands in it twice"] if twice else []
    hint = f".{did_you_mean(missing[0], extra)}" if missing and extra else ""
    return f"line 1: {'; '.join(parts) or 'columns in another order'}; {expected}{hint}"
