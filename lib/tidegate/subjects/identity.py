"""The canonical form of an identifier: one text per person, whatever the type of the column that names the person.

The same number is `1001` in a BIGINT column, `1001.0` in a DOUBLE column and perhaps `0001001` in a list of people. Deleting,
suppressing, counting and searching all compare the canonical form and nothing else. The form begins with a kind, because the
text `1001` in a STRING column and the number 1001 are two identifiers: `text:1001` and `number:1001`.
"""

from collections.abc import Callable, Iterator
from decimal import Context, Decimal

import numpy as np
import pandas as pd
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.functions import pandas_udf

from tidegate.errors import DefinitionError
from tidegate.schema import quoted

# White space around an identifier does not belong to it: what Python strips, the byte order mark and the zero-width space.
BLANKS = "".join(map(chr, [*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200C)]))
BLANKS += "\u2028\u2029\u202f\u205f\u3000\ufeff"

# DOUBLE and FLOAT columns round what is written to them. So each has a kind of its own, which compares the rounded number.
TEXT, NUMBER, DOUBLE, FLOAT = "text", "number", "double", "float"
BOOLEAN, DATE, TIME, LOCAL_TIME, BYTES = "boolean", "date", "time", "local time", "bytes"
# The prefix of bytes that are written as hexadecimal text.
HEXADECIMAL = "0x"
_NESTED = (T.ArrayType, T.MapType, T.StructType, T.VariantType)
# Wide enough for every double and decimal without rounding.
_EXACT = Context(prec=1200)


def canonical(column: str, kind: T.DataType) -> Column:
    """Return a string column with the canonical form of each identifier in a column; NULL where the row names nobody.

    An empty text and a number that is not finite name nobody.

    Args:
        column: The name of the column.
        kind: The type of the column.

    Raises:
        DefinitionError: The type holds several values, as an array does, so it can't name one person.
    """
    require_identifier(column, kind, f"column {column!r}")
    name, text = _TEXTS.get(type(kind), (TEXT, _trimmed))
    return F.concat(F.lit(form_of(name, "")), text(F.col(quoted(column)), kind))


def require_identifier(column: str, kind: T.DataType, where: str) -> None:
    """Check that a column of this type can name one person.

    Args:
        column: The name of the column, for the message.
        kind: The type of the column.
        where: The definition or file that names the column; the message begins with it.

    Raises:
        DefinitionError: The type holds several values, as an array does.
    """
    if isinstance(kind, _NESTED):
        raise DefinitionError(
            f"{where}: {column!r} of type {kind.simpleString()} can't name a person: an identifier is one text, number, date or "
            "moment. Declare a column of one of these types as the subject."
        )


def plain_texts(column: str, kind: T.DataType) -> list[Column]:
    """Return the texts that an earlier release may have hashed for a value of the column.

    These are the value as Spark casts it to text and, for a fractional number, also its plain digits without `.0`.

    Raises:
        DefinitionError: The type holds several values, as an array does.
    """
    written = F.col(quoted(column)).cast("string")
    return [written, F.substring_index(canonical(column, kind), ":", -1)] if isinstance(kind, T.FractionalType) else [written]


def readable(value: Column) -> Column:
    """Cast a column to text. A STRING can hold bytes that are not valid UTF-8; they are replaced, since Python fails on them."""
    return F.make_valid_utf8(value.cast("string"))


def held_text(column: str, kind: T.DataType) -> Column:
    """Return the texts under which a quarantine stores the identifiers of a column; `forms_of_cast` reads these texts."""
    value = F.col(quoted(column))
    return F.concat(F.lit(HEXADECIMAL), F.hex(value)) if isinstance(kind, T.BinaryType) else readable(value)


def form_of(kind: str, text: str) -> str:
    """Return the canonical form of an identifier of this kind with this text."""
    return f"{kind}:{text}"


def plain_number(number: Decimal) -> str:
    """Return the digits of a finite number, without an exponent, leading zeros or trailing zeros of a fraction."""
    text = format(_EXACT.normalize(number), "f")
    return "0" if text == "-0" else text


def _as_text(value: Column, _: T.DataType) -> Column:
    return value.cast("string")


def _trimmed(value: Column, _: T.DataType) -> Column:
    return F.nullif(F.trim(readable(value), F.lit(BLANKS)), F.lit(""))


def _microseconds(value: Column, _: T.DataType) -> Column:
    # Microseconds since 1970 in UTC, because the text of a moment depends on the time zone of the session.
    return F.unix_micros(value).cast("string")


def _hexadecimal(value: Column, _: T.DataType) -> Column:
    return F.lower(F.hex(value))


def _fractional(value: Column, kind: T.DataType) -> Column:
    """Return the plain digits of a fractional number.

    Python writes them: Java's text for a double depends on the Java version, and Spark's text for a decimal on a setting.
    """
    widths: dict[type[T.DataType], type] = {T.DoubleType: float, T.FloatType: np.float32}
    width = widths.get(type(kind), str)

    def digits_of(text: str) -> str | None:
        number = Decimal(str(width(text)))
        return plain_number(number) if number.is_finite() else None

    def plain(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for texts in batches:
            distinct = {text: digits_of(text) for text in texts.dropna().unique()}
            yield texts.map(distinct).astype(object)

    digits: Column = pandas_udf(plain, "string")(value.cast("string"))  # type: ignore[call-overload]
    return digits


_TEXTS: dict[type[T.DataType], tuple[str, Callable[[Column, T.DataType], Column]]] = {
    T.ByteType: (NUMBER, _as_text),
    T.ShortType: (NUMBER, _as_text),
    T.IntegerType: (NUMBER, _as_text),
    T.LongType: (NUMBER, _as_text),
    T.DecimalType: (NUMBER, _fractional),
    T.FloatType: (FLOAT, _fractional),
    T.DoubleType: (DOUBLE, _fractional),
    T.BooleanType: (BOOLEAN, _as_text),
    T.DateType: (DATE, _as_text),
    T.TimestampType: (TIME, _microseconds),
    T.TimestampNTZType: (LOCAL_TIME, _as_text),
    T.BinaryType: (BYTES, _hexadecimal),
}
