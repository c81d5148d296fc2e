"""Lines of CSV as texts by field."""

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
# Beyond that Spark's parser gives up with an error of its own.
_MOST_VALUES = 10_000
# What Spark gives for a quoted empty value, which it would not tell from none; no line has this character.
_EMPTY = "\x01"


def split_line(fields: Sequence[Field], line: Column, separator: str = ",", nulls: Sequence[str] = ()) -> Column:
    """Split a line into a struct of texts by field; NULL where the line has another number of values or a broken quote."""
    names = [*(f"`{field.name}` STRING" for field in fields), f"`{_MALFORMED}` STRING"]
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": _MALFORMED, "emptyValue": _EMPTY}
    options |= {"sep": separator, "quote": '"', "escape": '"'}
    separators = F.length(line) - F.length(F.replace(line, F.lit(separator)))
    readable = F.when(well_quoted(line, separator) & (separators < _MOST_VALUES), line)
    split = F.from_csv(readable, ", ".join(names), options)
    texts = F.struct(*[_text_of(field, split[field.name], nulls).alias(field.name) for field in fields])
    return F.when(split[_MALFORMED].isNull() & readable.isNotNull(), texts)


def well_quoted(line: Column, separator: str) -> Column:
    """Whether every quote of a line opens or closes a whole value, or is doubled inside one."""
    separator = re.escape(separator)
    # Possessive, so that no line makes the matcher go back.
    value = rf'(?:"[^"]*+(?:""[^"]*+)*+"|[^"{separator}]*+)'
    return ~F.contains(line, F.lit('"')) | line.rlike(rf"^{value}(?:{separator}{value})*+$")


def is_blank(line: Column, separator: str = ",") -> Column:
    """Whether a line holds no value at all: nothing, blanks, or separators alone."""
    return ~line.rlike(rf"[^\s{re.escape(separator)}]")


def names_fields(source: DeclaredSource, texts: Column) -> Column:
    """Whether the texts of a line are the names that the files have for the fields."""
    return reduce(and_, (texts[name].eqNullSafe(F.lit(header)) for name, header in source.file_names.items()))


def _text_of(field: Field, text: Column, nulls: Sequence[str]) -> Column:
    """A quoted empty value is an empty text; no number and no time has that form."""
    found = F.when(text != _EMPTY, text)
    if isinstance(field.type, T.StringType):
        found = F.when(text == _EMPTY, "").otherwise(text)
    return without_nulls(found, nulls)


def without_nulls(text: Column, nulls: Sequence[str]) -> Column:
    """The text, NULL where the format says that it stands for a missing value."""
    return F.when(~text.isin(*nulls), text) if nulls else text
