"""JSON lines: one object a line."""

from dataclasses import dataclass
from typing import ClassVar

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.declared_types import require_declared_types
from tidegate.schema import Field
from tidegate.sources.formats.format import DeclaredSource
from tidegate.sources.formats.line_format import LONGEST_LINE, LineFormat
from tidegate.sources.judged_rows import SplitLine

# Spark's parser takes what stands behind the first value for nothing. With this key behind it, something else there shows.
_END = "end_of_line_5b1f0c7e9d"


@dataclass(frozen=True)
class JsonLines(LineFormat):
    """One JSON object a line, UTF-8; a key that is not there is NULL, one that is not declared holds the line back.

    Attributes:
        longest_line: Characters; a longer line is held back.
    """

    # A value with its key.
    bytes_a_value: ClassVar[int] = 20

    longest_line: int = LONGEST_LINE

    def __post_init__(self) -> None:
        require_declared_types(self)

    def parse(self, source: DeclaredSource, line: Column) -> Column:
        """Return the line as a VARIANT; NULL where it is no JSON object."""
        return parsed_object(line)

    def split(self, source: DeclaredSource, line: Column, parsed: Column) -> SplitLine:  # noqa: D102  # described in LineFormat
        found = {field.name: field_text(field, source.file_names[field.name], parsed) for field in source.fields}
        texts = F.struct(*[text.alias(name) for name, (text, _) in found.items()])
        return SplitLine(texts, object_fault(source, line, parsed), faults={name: wrong for name, (_, wrong) in found.items()})


def parsed_object(line: Column) -> Column:
    """Return the line as a VARIANT; NULL where it is no JSON object and nothing else, or a key stands in it twice."""
    enclosed = F.try_parse_json(F.concat(F.lit('{"row":'), line, F.lit(f',"{_END}":0}}')))
    is_whole = F.try_variant_get(enclosed, f"$.{_END}", "int") == 0
    return F.when(is_whole, F.try_variant_get(enclosed, "$.row", "variant"))


def object_fault(source: DeclaredSource, line: Column, parsed: Column) -> Column:
    """Return what is wrong with the line as a whole; NULL: nothing."""
    keys = F.json_object_keys(line)
    unknown = F.size(F.array_except(keys, F.array(*map(F.lit, source.file_names.values())))) > 0
    return F.when(
        parsed.isNull() | ~F.schema_of_variant(parsed).startswith("OBJECT"), "no JSON object, or a key stands in it twice"
    ).when(unknown, "a key that is not declared")


def field_text(field: Field, key: str, parsed: Column) -> tuple[Column, Column]:
    """Return a field's text, found under its key, and what is wrong with its kind of JSON value (NULL: nothing)."""
    value = F.try_variant_get(parsed, f"$['{_escaped(key)}']", "variant")
    kind = F.when(~F.is_variant_null(value), F.schema_of_variant(value))
    text = F.when(kind.isNotNull(), value.try_cast("string"))
    if isinstance(field.type, T.BooleanType):
        return text, F.when(kind != "BOOLEAN", "a JSON value that is neither true nor false")
    if isinstance(field.type, T.NumericType):
        is_number = kind.startswith("DECIMAL") | (kind == "BIGINT") | (kind == "DOUBLE")
        wrong = F.when(~is_number, "a JSON value that is not a number")
        if isinstance(field.type, (T.DoubleType, T.FloatType)):
            # Zero is written without an exponent: this one was too small to be told from it. Infinite: too large.
            number = text.try_cast("double")
            lost = (kind == "DOUBLE") & ((number == 0) | ~(F.abs(number) < F.lit(float("inf"))))
            return text, wrong.when(lost, "a number out of range")
        return text, wrong.when(kind == "DOUBLE", "a number of more than 38 digits, or with an exponent")
    return text, F.when(kind != "STRING", "a JSON value that is no text")


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("'", "\\'")
