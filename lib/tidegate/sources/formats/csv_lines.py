"""Split lines of CSV into the texts of their fields."""

import re
from collections.abc import Sequence
from functools import reduce
from operator import and_

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.schema import Field
from tidegate.sources.formats.format import DeclaredSource

_MALFORMED = "_malformed"
# With more values, Spark's parser raises an error of its own.
_MOST_VALUES = 10_000
# Spark returns this text for a quoted empty value, so that it differs from a missing one. No line contains this character.
_EMPTY = "\x01"


def split_line(fields: Sequence[Field], line: Column, separator: str = ",", nulls: Sequence[str] = ()) -> Column:
    """Split a line into a struct of texts by field; NULL if the line has another number of values or a broken quote.

    This is for few lines: Spark parses the line again for every field. For many lines, make a column of `parsed_values` first.
    """
    return texts_of(fields, parsed_values(fields, line, separator), nulls)


def parsed_values(fields: Sequence[Field], line: Column, separator: str = ",") -> Column:
    """Return what Spark's parser makes of a line, for `texts_of`; NULL if a quote of the line is broken."""
    names = [*(f"`{field.name}` STRING" for field in fields), f"`{_MALFORMED}` STRING"]
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": _MALFORMED, "emptyValue": _EMPTY}
    options |= {"sep": separator, "quote": '"', "escape": '"'}
    separators = F.length(line) - F.length(F.replace(line, F.lit(separator)))
    # Nearly all lines are too short to have so many values, so their separators need not be counted.
    is_short = (F.octet_length(line) < _MOST_VALUES) | (separators < _MOST_VALUES)
    readable = F.when(well_quoted(line, separator) & is_short, line)
    return F.from_csv(readable, ", ".join(names), options)


def texts_of(fields: Sequence[Field], parsed: Column, nulls: Sequence[str] = ()) -> Column:
    """Return the texts by field of a column of `parsed_values`, as a struct; NULL if the line has another number of values."""
    texts = F.struct(*[_text_of(field, parsed[field.name], nulls).alias(field.name) for field in fields])
    return F.when(parsed.isNotNull() & parsed[_MALFORMED].isNull(), texts)


def well_quoted(line: Column, separator: str) -> Column:
    """Return whether every quote of a line opens or closes a whole value, or is doubled inside a value."""
    separator = re.escape(separator)
    # Possessive quantifiers, so that no line makes the matcher backtrack.
    value = rf'(?:"[^"]*+(?:""[^"]*+)*+"|[^"{separator}]*+)'
    return ~F.contains(line, F.lit('"')) | line.rlike(rf"^{value}(?:{separator}{value})*+$")


def is_blank(line: Column, separator: str = ",") -> Column:
    """Return whether a line has no value: it is empty, or has only blanks and separators."""
    # This is usual, and it is found much faster than by a regular expression: `!` is the first character after all white space.
    begins_with_value = (line >= "!") & ~F.startswith(line, F.lit(separator))
    return ~(begins_with_value | line.rlike(rf"[^\s{re.escape(separator)}]"))


def names_fields(source: DeclaredSource, texts: Column) -> Column:
    """Return whether the texts of a line are the names of the fields in the files."""
    return reduce(and_, (texts[name].eqNullSafe(F.lit(header)) for name, header in source.file_names.items()))


def _text_of(field: Field, text: Column, nulls: Sequence[str]) -> Column:
    """Return the text of a field. A quoted empty value is an empty text for a string, and NULL for other types."""
    found = F.when(text != _EMPTY, text)
    if isinstance(field.type, T.StringType):
        found = F.when(text == _EMPTY, "").otherwise(text)
    return without_nulls(found, nulls)


def without_nulls(text: Column, nulls: Sequence[str]) -> Column:
    """Return the text; NULL if the format declares that this text means a missing value."""
    return F.when(~text.isin(*nulls), text) if nulls else text
