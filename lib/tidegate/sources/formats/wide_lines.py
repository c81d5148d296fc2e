"""Lines of a wide table as rows, a row a cell that holds something."""

import csv
import re
from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.sources.formats.csv_lines import is_blank, without_nulls
from tidegate.sources.formats.declared import Csv, Wide
from tidegate.sources.judged_rows import AS_READ, FILE, KIND, PLACE, judged_texts, line_fault, usable_line, with_kind
from tidegate.sources.source import Source


def judged_cells(source: Source, form: Csv, lines: DataFrame, heads: Mapping[str, Sequence[str]]) -> DataFrame:
    """Read the lines of wide tables as rows; a line that can't be split is one row.

    Args:
        source: What is declared; its format is wide.
        form: Its format.
        lines: All lines of the files.
        heads: The header lines of each file, by its URI.
    """
    wide = form.wide
    if wide is None:
        raise RuntimeError(f"source {source.name}: its format is not wide")
    known = [(uri, list(head), _columns(form, wide, head)) for uri, head in heads.items()]
    headed = F.broadcast(
        lines.sparkSession.createDataFrame(known, f"{FILE} string, _head array<string>, _above array<array<string>>")
    )
    lines = with_kind(lines, is_blank(form, F.col(AS_READ))).join(headed, on=FILE, how="left")
    lines = lines.withColumn(KIND, F.when(F.array_contains("_head", F.col(AS_READ)), "header").otherwise(F.col(KIND)))
    # A column of its own, or every cell would split the line again.
    lines = lines.withColumn("_cells", F.split(usable_line(form.longest_line), re.escape(form.separator), -1))
    cells = F.col("_cells")
    fits = (F.size(cells) == F.size("_above") + len(wide.fixed)) & ~F.contains(AS_READ, F.lit('"'))
    texts = F.transform(F.sequence(F.lit(0), F.size("_above") - 1), lambda place: _texts(form, wide, cells, place))
    held = F.filter(texts, lambda text: text[wide.value].isNotNull())
    one = F.array(F.lit(None).cast(_text_type(wide)))
    rows = lines.withColumn("_cell", F.explode(F.when(fits, held).otherwise(one)))
    unsplit = F.coalesce(line_fault(form.longest_line), F.lit("not as many values as the header has, or a quote"))
    whole = F.when(F.col("_cell").isNull(), unsplit)
    by_field = [_text_of(wide, name).alias(name) for name in source.names]
    return judged_texts(source, rows.select(*PLACE, KIND, AS_READ, "_cell"), F.struct(*by_field), whole)


def _texts(form: Csv, wide: Wide, cells: Column, place: Column) -> Column:
    above = F.element_at("_above", place + 1)
    fixed = [_or_null(form, cells[number]).alias(name) for number, name in enumerate(wide.fixed)]
    header = [F.element_at(above, number + 1).alias(name) for number, name in enumerate(wide.header) if name]
    return F.struct(*fixed, *header, _or_null(form, F.element_at(cells, place + 1 + len(wide.fixed))).alias(wide.value))


def _text_of(wide: Wide, name: str) -> Column:
    return F.col(f"_cell.`{name}`") if name in wide.names else F.lit(None).cast("string")


def _text_type(wide: Wide) -> str:
    return f"struct<{','.join(f'`{name}`:string' for name in wide.names)}>"


def _or_null(form: Csv, text: Column) -> Column:
    return without_nulls(form, F.when(text != "", text))


def _columns(form: Csv, wide: Wide, head: Sequence[str]) -> list[list[str]]:
    """For each column behind the fixed ones the texts above it, from the first header line on."""
    split = list(csv.reader(head, delimiter=form.separator))
    return [list(above) for above in zip(*[line[len(wide.fixed) :] for line in split], strict=True)]
