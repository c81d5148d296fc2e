"""Validate the rows of a source's files: read their values as the declared types, and record what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.declared_types import require_declared_types
from tidegate.expectations.row_checks import BROKEN, broken_bits
from tidegate.schema import EXACT_JSON, Field
from tidegate.sources.formats.format import DeclaredSource
from tidegate.sources.typed_values import Reading, with_readings

# The place of a line: its file, the part of the file that one task reads, and a number that increases by one with each line.
FILE, BLOCK, NUMBER = "_file", "_block", "_number"
PLACE = (FILE, BLOCK, NUMBER)
# The line as it was read. The name can't be that of a field, because names of fields never begin with an underscore.
AS_READ = "_as_read"
# The kind of a line: "row", "header", "blank" or "not UTF-8", or a format's own word for a file that it can't read.
KIND = "_kind"
# For a row: the text as received, its texts by field, and what can't be read in it.
RECEIVED, TEXTS, FAULTS = "_received", "_texts", "_faults"
# Whether the source says that the row is gone. Only Delta tables do.
DELETED = "_deleted"
# Of rows that the quarantine gives back: the texts by field, if several rows came from one line.
CELLS = "_cells"


@dataclass(frozen=True)
class SplitLine:
    """What a line of text holds, as columns.

    Attributes:
        texts: A struct with the text of every field; a text is NULL if the value is missing, and the struct is NULL if the line
            can't be split.
        fault: Why the whole line goes to the quarantine; NULL if it is right. Messages show it, so it must not quote the line.
        is_header: Whether the line is the header of its file; None if the format has no headers.
        faults: By field, why its value is wrong before it is even read as the field's type, such as a text where a number has
            to be; NULL if it is right.
        decimal: The decimal mark of numbers.
    """

    texts: Column
    fault: Column
    is_header: Column | None = None
    faults: Mapping[str, Column] = field(default_factory=dict)
    decimal: str = "."

    def __post_init__(self) -> None:
        require_declared_types(self)


def judged_texts(source: DeclaredSource, rows: DataFrame, split: SplitLine) -> DataFrame:
    """Read split lines as rows: add the typed values of the texts, and what is wrong with the line and with its values."""
    # Columns of their own, one after the other, so that nothing is computed twice.
    rows = rows.withColumn(TEXTS, split.texts).withColumn("_whole", split.fault)
    texts = {each.name: _with_point(split.decimal, each, F.col(f"{TEXTS}.`{each.name}`")) for each in source.fields}
    rows, readings = with_readings(rows, source, texts)
    # By number: the name of a field may be that of another column here.
    known = {name: f"_kind_{place}" for place, name in enumerate(source.names) if name in split.faults}
    if known:
        rows = rows.withColumns({column: split.faults[name] for name, column in known.items()})
    readings |= {name: _of_kind(readings[name], F.col(column)) for name, column in known.items()}
    return _with_checks(source, rows, readings, F.col("_whole"))


def judged_values(source: DeclaredSource, rows: DataFrame, values: Mapping[str, Reading], received: Column) -> DataFrame:
    """Validate rows whose values already have types, such as those of a Parquet file.

    Args:
        source: The declaration.
        rows: The rows with their place.
        values: The value of each field, and what is wrong with it.
        received: The text of a row for the quarantine, or a struct of which the text is made (JSON). The text of a struct is only
            made for rows that go to the quarantine.
    """
    rows = rows.withColumns({KIND: F.lit("row"), TEXTS: _no_text(), AS_READ: received})
    return _with_checks(source, rows, values, _no_text())


def _of_kind(reading: Reading, wrong_kind: Column) -> Reading:
    return Reading(F.when(wrong_kind.isNull(), reading.value), F.coalesce(wrong_kind, reading.fault))


def _with_checks(source: DeclaredSource, rows: DataFrame, values: Mapping[str, Reading], whole: Column) -> DataFrame:
    """Return the columns of a validated row. Expectations are checked only for rows whose values could be read."""
    typed = rows.withColumns({f"_value_{place}": reading.value for place, reading in enumerate(values.values())})
    columns = {name: F.col(f"_value_{place}") for place, name in enumerate(values)}
    faults = []
    for name, reading in values.items():
        missing = F.when(columns[name].isNull(), "missing") if name in source.required else _no_text()
        faults.append(F.concat(F.lit(f"{name}: "), F.coalesce(reading.fault, missing)))
    several = F.when(F.coalesce(*faults).isNotNull(), F.array_compact(F.array(*faults)))
    found = F.when(whole.isNotNull(), F.array(whole)).otherwise(several)
    deleted = [DELETED] if DELETED in typed.columns else []
    # A row that is gone is only identified by its key. Its other values don't matter, so they are not checked.
    is_row = (F.col(KIND) == "row") & ~F.col(DELETED) if deleted else F.col(KIND) == "row"
    named = [column.alias(name) for name, column in columns.items()]
    judged = typed.select(*PLACE, *deleted, KIND, AS_READ, TEXTS, *named, F.when(is_row, found).alias(FAULTS))
    bits = F.when(is_row & F.col(FAULTS).isNull(), broken_bits(source.expectations)).otherwise(F.lit(0).cast("bigint"))
    judged = judged.withColumn(BROKEN, bits)
    # Nobody needs the text of rows that are right, so it is not kept.
    is_bad = F.col(FAULTS).isNotNull() | (F.col(BROKEN) != 0)
    is_text = isinstance(judged.schema[AS_READ].dataType, T.StringType)
    received = F.col(AS_READ) if is_text else F.to_json(AS_READ, EXACT_JSON)
    kept = {RECEIVED: F.when(is_bad, received), TEXTS: F.when(is_bad, F.col(TEXTS))}
    return judged.withColumns(kept).drop(AS_READ)


def _with_point(decimal: str, declared: Field, text: Column) -> Column:
    """Write a number with a decimal point. If a decimal comma is declared, a text with a point is then not a number."""
    if decimal == "." or not isinstance(declared.type, T.NumericType):
        return text
    return F.translate(text, ",.", ".x")


def _no_text() -> Column:
    return F.lit(None).cast("string")
