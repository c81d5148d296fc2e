"""HTML pages: each row of one table of the page is a row. The columns are found by their names."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, did_you_mean
from tidegate.hadoop import open_path
from tidegate.jvm import java_class
from tidegate.sources.delivery import Portion
from tidegate.sources.folders import file_uri, literal_path
from tidegate.sources.formats.csv_lines import without_nulls
from tidegate.sources.formats.format import DeclaredSource, FileFormat, FileSummary
from tidegate.sources.formats.html_page import PageError, PageTable, TableChoice, page_table
from tidegate.sources.judged_rows import AS_READ, BLOCK, FILE, KIND, NUMBER, SplitLine, judged_texts

_CELLS = "_cell_texts"
# The kind of the only row of a page from which the table can't be read.
_UNUSABLE = "unusable"
_ROWS = pa.schema([(FILE, pa.string()), (NUMBER, pa.int64()), (KIND, pa.string()), (AS_READ, pa.string())])


@dataclass(frozen=True)
class HtmlTable(FileFormat):
    """Saved HTML pages, in which each row of one table is a row. The header of the table names the columns.

    The fields of the source are found by the names of their columns (`Source.headers`, or the name of the field), whatever their
    order. Other columns are ignored. If the header has several rows, their texts are joined by a blank: "Home Goals". A cell that
    spans several rows or columns counts in each of them. An empty cell is NULL. Rows in the foot of the table (`tfoot`) and
    repetitions of the header are not read.

    Choose the table by one of `caption`, `id` and `position`. Without a choice, the page must have exactly one table.

    Attributes:
        caption: The text of the table's caption.
        id: The `id` of the table.
        position: The number of the table on the page, from 1; nested tables count too.
        decimal: The decimal mark of numbers, `.` or `,`.
        nulls: Texts that mean a missing value, such as `–`.
        encoding: The encoding of the pages. None: the one that each page names, or UTF-8 if it names none.

    Raises:
        DefinitionError: More than one choice is given, the position is below 1, or the decimal mark is another one.
    """

    # For a value with its markup.
    bytes_a_value: ClassVar[int] = 60

    caption: str | None = None
    id: str | None = None
    position: int | None = None
    decimal: str = "."
    nulls: tuple[str, ...] = ()
    encoding: str | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        given = {name: getattr(self, name) for name in ("caption", "id", "position") if getattr(self, name) is not None}
        if len(given) > 1:
            raise DefinitionError(f"html table: {' and '.join(given)} are given; choose the table by one of them.")
        if self.position is not None and self.position < 1:
            raise DefinitionError(f"html table: position {self.position}; the first table of a page is number 1.")
        if self.decimal not in (".", ","):
            raise DefinitionError(f"html table: decimal mark {self.decimal!r}; it is '.' or ','.")

    def check_source(self, source: DeclaredSource) -> None:  # noqa: D102  # described in FileFormat
        for each in source.fields:
            if not isinstance(each.type, T.StringType | T.NumericType | T.BooleanType | T.DateType | T.TimestampType):
                raise DefinitionError(
                    f"source {source.name!r}: {each.name} is {each.type.simpleString()}, which can't be read from a cell of a "
                    "page; declare numbers, text, boolean, date or timestamp."
                )

    def read_portion(self, spark: SparkSession, source: DeclaredSource, portion: Portion) -> DataFrame:
        """Return the rows of the tables. The place of a row is its number in the table, in which the header counts too."""
        pages = spark.read.format("binaryFile").load([literal_path(path) for path in portion.paths])
        read = partial(_rows_of_pages, choice=self._choice, names=tuple(source.file_names.values()))
        rows = pages.select(file_uri().alias(FILE), "content").mapInArrow(
            read, f"{FILE} string, {NUMBER} long, {KIND} string, {AS_READ} string"
        )
        return self._judged(source, rows.withColumn(BLOCK, F.lit(0).cast("bigint")))

    def read_held(self, source: DeclaredSource, held: DataFrame) -> DataFrame:  # noqa: D102
        return self._judged(source, held.withColumn(KIND, F.lit("row")))

    def file_complaint(self, spark: SparkSession, source: DeclaredSource, summary: FileSummary) -> str | None:  # noqa: D102
        if summary.first_kind != _UNUSABLE:
            return None
        path, file_system = open_path(spark, summary.path)
        stream = file_system.open(path)
        try:
            content = bytes(java_class(spark, "org.apache.commons.io.IOUtils").toByteArray(stream))
        finally:
            stream.close()
        try:
            table = page_table(content, self._choice)
        except PageError as error:
            return str(error)
        return _header_complaint(tuple(source.file_names.values()), table)

    @property
    def _choice(self) -> TableChoice:
        return TableChoice(self.caption, self.id, self.position, self.encoding)

    def _judged(self, source: DeclaredSource, rows: DataFrame) -> DataFrame:
        # A column, because otherwise every field would parse the row again. It is NULL if the row has too many or too few cells.
        rows = rows.withColumn(_CELLS, F.from_json(AS_READ, "map<string, string>"))
        cells = F.when(F.col(AS_READ).startswith("{"), F.col(_CELLS))
        texts = F.struct(*[self._text(cells, called).alias(name) for name, called in source.file_names.items()])
        declared = F.array(*map(F.lit, source.file_names.values()))
        fault = F.when(cells.isNull(), "not as many cells as the header has").when(
            F.size(F.array_except(declared, F.map_keys(cells))) > 0, "without a column that is declared now"
        )
        return judged_texts(source, rows, SplitLine(texts, F.when(F.col(KIND) == "row", fault), decimal=self.decimal))

    def _text(self, cells: Column, called: str) -> Column:
        return without_nulls(F.try_element_at(cells, F.lit(called)), self.nulls)


def _rows_of_pages(batches: Iterator[pa.RecordBatch], choice: TableChoice, names: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for file, content in zip(batch.column(0).to_pylist(), batch.column(1), strict=True):
            rows = list(_rows_of_page(content.as_py(), choice, names))
            columns = [[file] * len(rows), *map(list, zip(*rows, strict=True))]
            yield pa.record_batch([pa.array(each, kind.type) for each, kind in zip(columns, _ROWS, strict=True)], schema=_ROWS)


def _rows_of_page(content: bytes, choice: TableChoice, names: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    """Yield the number, the kind and the text of each row, after one row for the header."""
    try:
        table = page_table(content, choice)
    except PageError:
        yield 0, _UNUSABLE, ""
        return
    if _header_complaint(names, table) is not None:
        yield 0, _UNUSABLE, ""
        return
    yield 0, "header", ""
    for number, cells in table.rows:
        kind = "blank" if not any(cells) else "header" if tuple(text or "" for text in cells) == table.columns else "row"
        fits = len(cells) == len(table.columns)
        yield number, kind, json.dumps(_by_column(table, cells) if fits else cells, ensure_ascii=False)


def _by_column(table: PageTable, cells: list[str | None]) -> Mapping[str, str | None]:
    return dict(zip(table.columns, cells, strict=True))


def _header_complaint(names: tuple[str, ...], table: PageTable) -> str | None:
    missing = [name for name in names if name not in table.columns]
    twice = [name for name in names if table.columns.count(name) > 1]
    if not table.is_marked and not set(names) & set(table.columns):
        # The first row may be data, and no message may show it.
        return f"the table has no header; expected the columns {', '.join(names)}"
    has = f"the table has the columns {', '.join(filter(None, table.columns)) or 'none'}"
    if missing:
        hint = did_you_mean(missing[0], [name for name in table.columns if name and name not in names])
        return f"missing column {', '.join(missing)}; {has}.{hint}"
    return f"column {', '.join(twice)} occurs twice; {has}" if twice else None
