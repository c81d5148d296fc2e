"""Validate the rows of a source's files: read their values as the declared types, and record what is wrong with them."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.expectations.row_checks import BROKEN, broken_bits
from tidegate.schema import Field
from tidegate.sources.formats.csv_lines import is_blank, names_fields, split_line, well_quoted
from tidegate.sources.formats.declared import Csv, JsonLines
from tidegate.sources.formats.json_lines import field_text, object_fault, parsed_object
from tidegate.sources.source import Source
from tidegate.sources.typed_values import Reading, with_readings

# The place of a line: its file, the part of the file that one task reads, and a number that increases by one with each line.
FILE, BLOCK, NUMBER = "_file", "_block", "_number"
PLACE = (FILE, BLOCK, NUMBER)
# The line as it was read. The name can't be that of a field, because names of fields never begin with an underscore.
AS_READ = "_as_read"
# The kind of a line: "row", "header", "blank" or "not UTF-8".
KIND = "_kind"
# For a row: the text as received, its texts by field, and what can't be read in it.
RECEIVED, TEXTS, FAULTS = "_received", "_texts", "_faults"
# Whether the source says that the row is gone. Only Delta tables do.
DELETED = "_deleted"
_LINE = "_line"
# A tab is the one control character that text has a use for; line ends are gone.
_CONTROL = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]"


def judged_lines(source: Source, form: Csv | JsonLines, lines: DataFrame) -> DataFrame:
    """Read lines (`_as_read` at a place) as rows; one line in, one row out.

    Args:
        source: What is declared.
        form: Its format; without `wide`.
        lines: All lines of the files, blank ones too.
    """
    lines = with_kind(lines, is_blank(form, F.col(AS_READ)) if isinstance(form, Csv) else ~F.col(AS_READ).rlike(r"\S"))
    if isinstance(form, JsonLines):
        return _judged_json(source, form, lines)
    return _judged_csv(source, form, lines)


def with_kind(lines: DataFrame, blank: Column) -> DataFrame:
    """Add what each line is, so far as it can be told before it is split."""
    readable = F.is_valid_utf8(AS_READ)
    return lines.withColumn(KIND, F.when(~readable, "not UTF-8").when(blank, "blank").otherwise("row"))


def judged_texts(source: Source, rows: DataFrame, texts: Column, whole: Column) -> DataFrame:
    """Read texts by field (a struct; NULL where the line can't be split, and `whole` says why) as rows."""
    return _judged(source, rows.withColumn(TEXTS, texts), whole)


def judged_values(source: Source, rows: DataFrame, values: Mapping[str, Reading], received: Column) -> DataFrame:
    """Judge rows that come with typed values at a place."""
    rows = rows.withColumns({KIND: F.lit("row"), TEXTS: _no_text(), AS_READ: received})
    return _with_checks(source, rows, values, _no_text())


def _judged_json(source: Source, form: JsonLines, lines: DataFrame) -> DataFrame:
    rows = lines.withColumn(_LINE, usable_line(form.longest_line)).withColumn("_parsed", parsed_object(F.col(_LINE)))
    whole = F.coalesce(line_fault(form.longest_line), object_fault(source, F.col(_LINE), F.col("_parsed")))
    found = {field.name: field_text(field, source.file_names[field.name], F.col("_parsed")) for field in source.fields}
    rows = rows.withColumn(TEXTS, F.struct(*[text.alias(name) for name, (text, _) in found.items()]))
    return _judged(source, rows, whole, {name: wrong for name, (_, wrong) in found.items()})


def _judged_csv(source: Source, form: Csv, lines: DataFrame) -> DataFrame:
    rows = lines.withColumn(_LINE, usable_line(form.longest_line)).withColumn(TEXTS, split_line(source, form, F.col(_LINE)))
    broken_quote = F.when(~well_quoted(form, F.col(_LINE)), "a quote that opens or closes no whole value")
    count = F.when(F.col(TEXTS).isNull(), f"not {len(source.names)} values")
    if form.header:
        rows = rows.withColumn(KIND, F.when(names_fields(source, TEXTS), "header").otherwise(F.col(KIND)))
    return _judged(source, rows, F.coalesce(line_fault(form.longest_line), broken_quote, count))


def usable_line(longest: int) -> Column:
    """The line (`_as_read`) where it is a row that can be looked at."""
    return F.when((F.col(KIND) == "row") & line_fault(longest).isNull(), F.col(AS_READ))


def line_fault(longest: int) -> Column:
    """What is wrong with a line (`_as_read`) before it is split; NULL: nothing."""
    is_long = F.length(AS_READ) > longest
    return F.when(is_long, f"more than {longest} characters").when(F.col(AS_READ).rlike(_CONTROL), "a control character")


def _judged(source: Source, rows: DataFrame, whole: Column, kinds: Mapping[str, Column] | None = None) -> DataFrame:
    """Add the typed values of the texts, and what is wrong with the line as a whole and with its values."""
    rows = rows.withColumn("_whole", whole)
    texts = {field.name: _with_point(source, field, F.col(f"{TEXTS}.`{field.name}`")) for field in source.fields}
    rows, readings = with_readings(rows, source, texts)
    if kinds is not None:
        rows = rows.withColumns({f"_kind_{place}": kinds[name] for place, name in enumerate(source.names)})
        of_kinds = {name: F.col(f"_kind_{place}") for place, name in enumerate(source.names)}
        readings = {name: _of_kind(reading, of_kinds[name]) for name, reading in readings.items()}
    return _with_checks(source, rows, readings, F.col("_whole"))


def _of_kind(reading: Reading, wrong_kind: Column) -> Reading:
    return Reading(F.when(wrong_kind.isNull(), reading.value), F.coalesce(wrong_kind, reading.fault))


def _with_checks(source: Source, rows: DataFrame, values: Mapping[str, Reading], whole: Column) -> DataFrame:
    """Select what a judged row has; expectations are for rows that could be read."""
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
    kept = {RECEIVED: F.when(is_bad, F.col(AS_READ)), TEXTS: F.when(is_bad, F.col(TEXTS))}
    return judged.withColumns(kept).drop(AS_READ)


def _with_point(source: Source, field: Field, text: Column) -> Column:
    """Write a number with a decimal point; a point where a comma is declared makes it none."""
    if not isinstance(source.format, Csv) or source.format.decimal == "." or not isinstance(field.type, T.NumericType):
        return text
    return F.translate(text, ",.", ".x")


def _no_text() -> Column:
    return F.lit(None).cast("string")
