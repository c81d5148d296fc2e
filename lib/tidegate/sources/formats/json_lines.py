"""JSON lines: one JSON object in each line."""

import re
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
_PLAIN = re.compile("^[a-z_][a-z0-9_]*$")


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
        """Return the line as a VARIANT, with whether it is a usual one."""
        return parsed_line(source, line)

    def split(self, source: DeclaredSource, line: Column, parsed: Column) -> SplitLine:  # noqa: D102  # described in LineFormat
        found = {field.name: field_text(field, source.file_names[field.name], parsed) for field in source.fields}
        texts = F.struct(*[text.alias(name) for name, (text, _) in found.items()])
        fault = object_fault(source, line, parsed, self.other_keys == "ignore")
        return SplitLine(texts, fault, faults={name: wrong for name, (_, wrong) in found.items()})


def parsed_line(source: DeclaredSource, line: Column) -> Column:
    """Return a struct of `enclosed`, a VARIANT with the line under the key `row`, and `usual`.

    `enclosed` is NULL if the line can't be parsed or a key occurs twice. `usual` is true only for a line that is surely right:
    one JSON object that has no other than the declared keys, with values of the declared kinds. Such a line needs no further
    check, and one regular expression finds it. Other lines may be right too.
    """
    enclosed = F.try_parse_json(F.concat(F.lit('{"row":'), line, F.lit(f',"{_END}":0}}')))
    usual = F.schema_of_variant(enclosed).rlike(_usual_schema(source)) & _is_whole(enclosed)
    return F.struct(enclosed.alias("enclosed"), F.coalesce(usual, F.lit(False)).alias("usual"))


def object_fault(source: DeclaredSource, line: Column, parsed: Column, others_allowed: bool) -> Column:
    """Return what is wrong with the whole line; NULL if nothing is."""
    row = F.when(_is_whole(parsed["enclosed"]), F.try_variant_get(parsed["enclosed"], "$.row", "variant"))
    is_object = row.isNotNull() & F.schema_of_variant(row).startswith("OBJECT")
    fault = F.when(parsed["usual"], None).when(~is_object, "not a JSON object, or a key occurs twice")
    if others_allowed:
        return fault
    keys = F.json_object_keys(line)
    unknown = F.size(F.array_except(keys, F.array(*map(F.lit, source.file_names.values())))) > 0
    return fault.when(unknown, "a key that is not declared")


def field_text(field: Field, key: str, parsed: Column) -> tuple[Column, Column]:
    """Return the text of a field, and why its kind of JSON value is wrong (NULL if it is not)."""
    path = f"$.row['{_escaped(key)}']"
    is_whole = parsed["usual"] | _is_whole(parsed["enclosed"])
    text = F.when(is_whole, F.try_variant_get(parsed["enclosed"], path, "string"))
    value = F.when(is_whole, F.try_variant_get(parsed["enclosed"], path, "variant"))
    kind = F.when(~F.is_variant_null(value), F.schema_of_variant(value))
    return text, F.when(~parsed["usual"], _wrong_kind(field, kind, text))


def _wrong_kind(field: Field, kind: Column, text: Column) -> Column:
    if isinstance(field.type, T.BooleanType):
        return F.when(kind != "BOOLEAN", "a JSON value that is neither true nor false")
    if isinstance(field.type, T.NumericType):
        is_number = kind.startswith("DECIMAL") | (kind == "BIGINT") | (kind == "DOUBLE")
        wrong = F.when(~is_number, "a JSON value that is not a number")
        if isinstance(field.type, (T.DoubleType, T.FloatType)):
            # JSON writes zero without an exponent, so a DOUBLE of 0 was a number too small for a double, and infinity too large.
            number = text.try_cast("double")
            lost = (kind == "DOUBLE") & ((number == 0) | ~(F.abs(number) < F.lit(float("inf"))))
            return wrong.when(lost, "a number out of range")
        return wrong.when(kind == "DOUBLE", "a number of more than 38 digits, or with an exponent")
    return F.when(kind != "STRING", "a JSON value that is no text")


def _is_whole(enclosed: Column) -> Column:
    """Return whether the line was parsed to its end."""
    return F.try_variant_get(enclosed, f"$.{_END}", "int") == 0


def _usual_schema(source: DeclaredSource) -> str:
    """Return a regular expression for the schema, as Spark writes it, of an enclosed line with declared keys and kinds only.

    Spark sorts the keys. It quotes a key that is no plain name, so that no text in a key looks like another key; lines with such
    a declared key are not found, and are checked value by value.
    """
    kinds = {source.file_names[field.name]: _usual_kind(field.type) for field in source.fields}
    keys = [rf"(?:{key}: (?:{kinds[key]}|VOID)(?:, |(?=>)))?" for key in sorted(kinds) if _PLAIN.match(key)]
    return rf"^OBJECT<{_END}: BIGINT, row: OBJECT<{''.join(keys)}>>$"


def _usual_kind(kind: T.DataType) -> str:
    if isinstance(kind, T.BooleanType):
        return "BOOLEAN"
    return r"BIGINT|DECIMAL\(\d+,\d+\)" if isinstance(kind, T.NumericType) else "STRING"


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("'", "\\'")
