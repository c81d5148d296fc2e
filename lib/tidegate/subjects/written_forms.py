"""The canonical forms that a written identifier can have.

A line of a list does not say which type the identifier has. `0001001` is a text of seven characters in a STRING column and the
number 1001 in a column of numbers. A person is deleted and suppressed under every form that the text can have. A text that can't
be a value of some type has no form of that type, so it matches nothing in a column of that type.
"""

import math
import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import SupportsFloat

import numpy as np
import pandas as pd
from pyspark.sql import Column
from pyspark.sql import types as T
from pyspark.sql.pandas.functions import pandas_udf

from tidegate.subjects.identity import (
    BLANKS,
    BOOLEAN,
    BYTES,
    DATE,
    DOUBLE,
    FLOAT,
    HEXADECIMAL,
    LOCAL_TIME,
    NUMBER,
    TEXT,
    TIME,
    form_of,
    plain_number,
)

# An exponent counts only as programs write it, after a decimal point or with a sign: 1.0E16, 1e+16. A code such as 12E5 is text.
_NUMBER = re.compile(r"[+-]?(?=[\d.]*\d)\d*(\.\d*)?(?:[eE](?(1)[+-]?|[+-])\d{1,4})?", re.ASCII)
# No column holds a number with more digits: a double has at most 309 before the decimal point and 1074 after it.
_MOST_DIGITS = 1100
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d{1,2}-\d{1,2})"
    r"(?:[T ](?P<time>\d{1,2}:\d{2}(?::\d{2})?)(?:\.(?P<fraction>\d{1,6})0*)?\s?(?P<zone>Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UUID_LENGTH = 36
_HEXADECIMAL = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})+)", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)


def forms_of(written: str) -> tuple[str, ...]:
    """Return the canonical forms of a line of a list, its text form first; nothing for a blank line."""
    text = written.strip(BLANKS)
    # Programs show bytes as hexadecimal digits; those of a UUID have hyphens between them.
    shown = _HEXADECIMAL.fullmatch(text.replace("-", "") if len(text) == _UUID_LENGTH else text)
    shown_bytes = [form_of(BYTES, shown[1].lower())] if shown else []
    return tuple(dict.fromkeys([*_value_forms(text), *_rounded_forms(text), *shown_bytes]))


def forms_of_cast(written: str) -> tuple[str, ...]:
    """Return the canonical forms of a value that Spark cast to text. They are fewer than those of a line of a list.

    Spark writes a decimal point into every DOUBLE and FLOAT. So a text without a point is no rounded number, and a large BIGINT
    does not match its neighbours, which round to the same double. Bytes were cast to hexadecimal digits after `0x`, or to Base64
    inside JSON.
    """
    text = written.strip(BLANKS)
    forms = _value_forms(text)
    if "." in text:
        digits = {form.partition(":")[2] for form in forms if form.startswith(form_of(NUMBER, ""))}
        forms += [form for form in _rounded_forms(text) if form.partition(":")[2] in digits]
    forms += [form_of(BYTES, held.hex()) for held in _held_bytes(text)]
    return tuple(dict.fromkeys(forms))


def forms_column(written: Column, cast: bool = False) -> Column:
    """Return an array column with the canonical forms of each text; NULL stays NULL.

    Args:
        written: The texts.
        cast: Whether Spark cast the values to text (`forms_of_cast`); otherwise they are lines of a list (`forms_of`).
    """
    read = forms_of_cast if cast else forms_of

    def forms(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        for texts in batches:
            yield texts.map(lambda text: list(read(text)), na_action="ignore").astype(object)

    column: Column = pandas_udf(forms, T.ArrayType(T.StringType()))(written)  # type: ignore[call-overload]
    return column


def _held_bytes(text: str) -> list[bytes]:
    shown = _HEXADECIMAL.fullmatch(text) if text.startswith(HEXADECIMAL) else None
    found = [bytes.fromhex(shown[1])] if shown else []
    if text and len(text) % 4 == 0 and _BASE64.fullmatch(text):
        found.append(b64decode(text))
    return found


def _value_forms(text: str) -> list[str]:
    if not text:
        return []
    # Unicode can store the same letters composed or decomposed.
    texts = [unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text), text]
    forms = [form_of(TEXT, each) for each in texts]
    if text.lower() in ("true", "false"):
        forms.append(form_of(BOOLEAN, text.lower()))
    if _is_number(text):
        forms.append(form_of(NUMBER, plain_number(Decimal(text))))
    return [*forms, *_moment_forms(text), form_of(BYTES, text.encode().hex())]


def _rounded_forms(text: str) -> list[str]:
    """Return the forms of the values that a DOUBLE and a FLOAT column would store for a number."""
    if not _is_number(text):
        return []
    values: dict[str, SupportsFloat] = {DOUBLE: float(text), FLOAT: np.float32(float(text))}
    return [form_of(kind, plain_number(Decimal(str(value)))) for kind, value in values.items() if math.isfinite(value)]


def _is_number(text: str) -> bool:
    if len(text) > _MOST_DIGITS or not _NUMBER.fullmatch(text):
        return False
    return abs(Decimal(text).adjusted()) <= _MOST_DIGITS


def _moment_forms(text: str) -> Iterator[str]:
    """Yield the forms of a date or a moment. A moment without a zone is in UTC."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return
    try:
        written = _written_moment(found["day"], found["time"], found["fraction"])
        moment = written - _offset(found["zone"])
    except (ValueError, OverflowError):
        return
    yield form_of(TIME, str((moment - _EPOCH) // timedelta(microseconds=1)))
    if moment == written:
        # Spark writes a local time without trailing zeros.
        local = written.replace(tzinfo=None).isoformat(" ")
        yield form_of(LOCAL_TIME, local.rstrip("0") if written.microsecond else local)
        if written.time() == time():
            yield form_of(DATE, written.date().isoformat())


def _written_moment(day: str, clock: str | None, fraction: str | None) -> datetime:
    year, month, date = map(int, day.split("-"))
    hour, minute, second = [*map(int, (clock or "0").split(":")), 0, 0][:3]
    return datetime(year, month, date, hour, minute, second, int((fraction or "0").ljust(6, "0")), UTC)


def _offset(zone: str | None) -> timedelta:
    if zone in (None, "Z", "UTC"):
        return timedelta(0)
    digits = str(zone)[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if str(zone).startswith("-") else offset
