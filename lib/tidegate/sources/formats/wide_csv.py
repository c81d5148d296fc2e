"""Wide tables in CSV: every cell with a value becomes a row."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.declared_types import require_declared_types
from tidegate.sources.formats.csv_lines import is_blank, without_nulls
from tidegate.sources.formats.format import DeclaredSource
from tidegate.sources.formats.line_format import line_fault, usable_line, with_kind
from tidegate.sources.judged_rows import AS_READ, CELLS, FILE, KIND, PLACE, SplitLine, judged_texts


@dataclass(frozen=True)
class Wide:
    """A table with a column for each thing of a kind, such as a column for each station. Every cell with a value becomes a row.

    The first lines of a file are header lines, which describe each column. The row of a cell gets the texts of its column in the
    header lines.

    Attributes:
        fixed: The fields of the first columns. All rows of a line share their values.
        header: For each header line, from the first one on, the field that gets its text; "" for a header line to ignore.
        value: The field that gets the value of the cell.
    """

    fixed: tuple[str, ...]
    header: tuple[str, ...]
    value: str

    def __post_init__(self) -> None:
        require_declared_types(self)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields of the row of a cell."""
        return (*self.fixed, *filter(None, self.header), self.value)


@dataclass(frozen=True)
class WideLines:
    """Reads the lines of wide tables.

    Attributes:
        wide: The declaration of the columns.
        separator: The character between two values.
        decimal: The decimal mark of numbers.
        nulls: The texts that mean a missing value.
        longest_line: The largest number of characters of a line; a longer line goes to the quarantine.
    """

    wide: Wide
    separator: str
    decimal: str
    nulls: tuple[str, ...]
    longest_line: int

    def rows(self, source: DeclaredSource, lines: DataFrame, heads: Mapping[str, Sequence[str]]) -> DataFrame:
        """Return a row for each cell with a value. A line that can't be split is one row.

        Args:
            source: The declaration of the source.
            lines: All lines of the files.
            heads: The header lines of each file, by its URI.
        """
        known = [(uri, list(head), self._columns(head)) for uri, head in heads.items()]
        headed = F.broadcast(
            lines.sparkSession.createDataFrame(known, f"{FILE} string, _head array<string>, _above array<array<string>>")
        )
        lines = with_kind(lines, is_blank(F.col(AS_READ), self.separator)).join(headed, on=FILE, how="left")
        lines = lines.withColumn(KIND, F.when(F.array_contains("_head", F.col(AS_READ)), "header").otherwise(F.col(KIND)))
        # This is a column, because otherwise every cell would split the line again.
        lines = lines.withColumn("_cells", F.split(usable_line(line_fault(self.longest_line)), re.escape(self.separator), -1))
        cells = F.col("_cells")
        fits = (F.size(cells) == F.size("_above") + len(self.wide.fixed)) & ~F.contains(AS_READ, F.lit('"'))
        texts = F.transform(F.sequence(F.lit(0), F.size("_above") - 1), lambda place: self._texts(cells, place))
        held = F.filter(texts, lambda text: text[self.wide.value].isNotNull())
        one = F.array(F.lit(None).cast(self._text_type))
        rows = lines.withColumn("_cell", F.explode(F.when(fits, held).otherwise(one)))
        unsplit = F.coalesce(line_fault(self.longest_line), F.lit("not as many values as the header has, or a quote"))
        texts = F.struct(*[self._text_of(name).alias(name) for name in source.names])
        split = SplitLine(texts, F.when(F.col("_cell").isNull(), unsplit), decimal=self.decimal)
        return judged_texts(source, rows.select(*PLACE, KIND, AS_READ, "_cell"), split)

    def rows_again(self, source: DeclaredSource, held: DataFrame) -> DataFrame:
        """Return quarantined rows again. A line that could not be split stays so, because its header is not stored."""
        texts = F.struct(*[F.col(CELLS)[name].alias(name) for name in source.names])
        split = SplitLine(texts, F.when(F.col(CELLS).isNull(), "not split"), decimal=self.decimal)
        return judged_texts(source, held.withColumn(KIND, F.lit("row")), split)

    def _texts(self, cells: Column, place: Column) -> Column:
        wide, above = self.wide, F.element_at("_above", place + 1)
        fixed = [self._or_null(cells[number]).alias(name) for number, name in enumerate(wide.fixed)]
        header = [F.element_at(above, number + 1).alias(name) for number, name in enumerate(wide.header) if name]
        return F.struct(*fixed, *header, self._or_null(F.element_at(cells, place + 1 + len(wide.fixed))).alias(wide.value))

    def _text_of(self, name: str) -> Column:
        return F.col(f"_cell.`{name}`") if name in self.wide.names else F.lit(None).cast("string")

    @property
    def _text_type(self) -> str:
        return f"struct<{','.join(f'`{name}`:string' for name in self.wide.names)}>"

    def _or_null(self, text: Column) -> Column:
        return without_nulls(F.when(text != "", text), self.nulls)

    def _columns(self, head: Sequence[str]) -> list[list[str]]:
        """Return, for each column after the fixed ones, its text in each header line."""
        split = list(csv.reader(head, delimiter=self.separator))
        return [list(above) for above in zip(*[line[len(self.wide.fixed) :] for line in split], strict=True)]
