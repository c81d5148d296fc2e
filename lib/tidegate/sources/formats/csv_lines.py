"""Lines of CSV as texts by field."""

import re
from functools import reduce
from operator import and_

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.schema import Field
from tidegate.sources.formats.declared import Csv
from tidegate.sources.source import Source

_MALFORMED = "_malformed"
# Beyond that Spark's parser gives up with an error of its own.
_MOST_VALUES = 10_000
# What Spark gives for a quoted empty value, which it would not tell from none; no line has this character.
_EMPTY = "\x01"


def split_line(source: Source, form: Csv, line: Column) -> Column:
    """Split a line into a struct of texts by field; NULL where the line has another number of values or a broken quote."""
    names = [*(f"`{name}` STRING" for name in source.names), f"`{_MALFORMED}` STRING"]
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": _MALFORMED, "emptyValue": _EMPTY}
    options |= {"sep": form.separator, "quote": '"', "escape": '"'}
    separators = F.length(line) - F.length(F.replace(line, F.lit(form.separator)))
    readable = F.when(well_quoted(form, line) & (separators < _MOST_VALUES), line)
    split = F.from_csv(readable, ", ".join(names), options)
    texts = F.struct(*[_text_of(form, field, split[field.name]).alias(field.name) for field in source.fields])
    return F.when(split[_MALFORMED].isNull() & readable.isNotNull(), texts)


def well_quoted(form: Csv, line: Column) -> Column:
    """Whether every quote of a line opens or closes a whole value, or is doubled inside one."""
    separator = re.escape(form.separator)
    # Possessive, so that no line makes the matcher go back.
    value = rf'(?:"[^"]*+(?:""[^"]*+)*+"|[^"{separator}]*+)'
    return ~F.contains(line, F.lit('"')) | line.rlike(rf"^{value}(?:{separator}{value})*+$")


def is_blank(form: Csv, line: Column) -> Column:
    """Whether a line holds no value at all: nothing, blanks, or separators alone."""
    return ~line.rlike(rf"[^\s{re.escape(form.separator)}]")


def names_fields(source: Source, texts: str) -> Column:
    """Whether the texts of a line are the names that the files have for the fields."""
    return reduce(and_, (F.col(f"{texts}.`{name}`").eqNullSafe(F.lit(header)) for name, header in source.file_names.items()))


def _text_of(form: Csv, field: Field, text: Column) -> Column:
    """A quoted empty value is an empty text; no number and no time has that form."""
    found = F.when(text != _EMPTY, text)
    if isinstance(field.type, T.StringType):
        found = F.when(text == _EMPTY, "").otherwise(text)
    return without_nulls(form, found)


def without_nulls(form: Csv, text: Column) -> Column:
    """The text, NULL where the format says that it stands for a missing value."""
    return F.when(~text.isin(*form.nulls), text) if form.nulls else text
