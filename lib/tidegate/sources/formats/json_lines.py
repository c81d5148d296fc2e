"""JSON lines: one JSON object in each line."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.declared_types import require_declared_types
from tidegate.schema import Field
from tidegate.sources.formats.format import DeclaredSource
from tidegate.sources.formats.line_format import LONGEST_LINE, LineFormat
from tidegate.sources.judged_rows import SplitLine

# Spark's parser ignores text after the first value. With this key added at the end, such text makes the line unreadable.
_END = "end_of_line_5b1f0c7e9d"


@dataclass(frozen=True)
class JsonLines(LineFormat):
    """Files in UTF-8 with one JSON object in each line. A missing key is NULL.

    Attributes:
        other_keys: What happens to a line with a key that is not declared: `quarantine` puts it into the quarantine, `ignore`
            reads the declared keys only.
        longest_line: The largest number of characters of a line; a longer line goes to the quarantine.
    """

    # For a value together with its key.
    bytes_a_value: ClassVar[int] = 20

    other_keys: Literal["quarantine", "ignore"] = "quarantine"
    longest_line: int = LONGEST_LINE

    def __post_init__(self) -> None:
        require_declared_types(self)

    def parse(self, source: DeclaredSource, line: Column) -> Column:
        """Return the line as a VARIANT; NULL if it is not a JSON object."""
        return parsed_object(line)

    def split(self, source: DeclaredSource, line: Column, parsed: Column) -> SplitLine:  # noqa: D102  # described in LineFormat
        found = {field.name: field_text(field, source.file_names[field.name], parsed) for field in source.fields}
        texts = F.struct(*[text.alias(name) for name, (text, _) in found.items()])
        fault = object_fault(source, line, parsed, self.other_keys == "ignore")
        return SplitLine(texts, fault, faults={name: wrong for name, (_, wrong) in found.items()})


def parsed_object(line: Column) -> Column:
    """Return the line as a VARIANT; NULL if it is not exactly one JSON object, or if a key occurs twice."""
    enclosed = F.try_parse_json(F.concat(F.lit('{"row":'), line, F.lit(f',"{_END}":0}}')))
    is_whole = F.try_variant_get(enclosed, f"$.{_END}", "int") == 0
    return F.when(is_whole, F.try_variant_get(enclosed, "$.row", "variant"))


def object_fault(source: DeclaredSource, line: Column, parsed: Column, others_allowed: bool) -> Column:
    """Return what is wrong with the whole line; NULL if nothing is."""
    fault = F.when(
        parsed.isNull() | ~F.schema_of_variant(parsed).startswith("OBJECT"), "not a JSON object, or a key occurs twice"
    )
    if others_allowed:
        return fault
    keys = F.json_object_keys(line)
    unknown = F.size(F.array_except(keys, F.array(*map(F.lit, source.file_names.values())))) > 0
    return fault.when(unknown, "a key that is not declared")


def field_text(field: Field, key: str, parsed: Column) -> tuple[Column, Column]:
    """Return the text of a field, and why its kind of JSON value is wrong (NULL if it is not)."""
    value = F.try_variant_get(parsed, f"$['{_escaped(key)}']", "variant")
    kind = F.when(~F.is_variant_null(value), F.schema_of_variant(value))
    text = F.when(kind.isNotNull(), value.try_cast("string"))
    if isinstance(field.type, T.BooleanType):
        return text, F.when(kind != "BOOLEAN", "a JSON value that is neither true nor false")
    if isinstance(field.type, T.NumericType):
        is_number = kind.startswith("DECIMAL") | (kind == "BIGINT") | (kind == "DOUBLE")
        wrong = F.when(~is_number, "a JSON value that is not a number")
        if isinstance(field.type, (T.DoubleType, T.FloatType)):
            # JSON writes zero without an exponent, so a DOUBLE of 0 was a number too small for a double, and infinity too large.
            number = text.try_cast("double")
            lost = (kind == "DOUBLE") & ((number == 0) | ~(F.abs(number) < F.lit(float("inf"))))
            return text, wrong.when(lost, "a number out of range")
        return text, wrong.when(kind == "DOUBLE", "a number of more than 38 digits, or with an exponent")
    return text, F.when(kind != "STRING", "a JSON value that is no text")


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("'", "\\'")
