"""The canonical forms that a written identifier can have: a line of a list doesn't say which type it is of.

`0001001` is the text of these seven characters, and the number 1001 in whatever column holds numbers. A person is deleted and
suppressed under every such form. A form of a type that the text can't have is left out, so it matches nothing there.
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

# An exponent as programs write it, after a point or with a sign: 1.0E16, 1e+16. A code such as 12E5 is no number.
_NUMBER = re.compile(r"[+-]?(?=[\d.]*\d)\d*(\.\d*)?(?:[eE](?(1)[+-]?|[+-])\d{1,4})?", re.ASCII)
# No column holds a number of more digits: a double has at most 309 before the point and 1074 after it.
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
    """Return the canonical forms of a line of a list, its text first; none where nothing is written."""
    text = written.strip(BLANKS)
    # Bytes are shown as their hexadecimal digits, those of a UUID with hyphens between them.
    shown = _HEXADECIMAL.fullmatch(text.replace("-", "") if len(text) == _UUID_LENGTH else text)
    shown_bytes = [form_of(BYTES, shown[1].lower())] if shown else []
    return tuple(dict.fromkeys([*_value_forms(text), *_rounded_forms(text), *shown_bytes]))


def forms_of_cast(written: str) -> tuple[str, ...]:
    """Return the canonical forms that a value can have which Spark cast to text: fewer than a line of a list has.

    Spark writes a point into every DOUBLE and FLOAT. So the text of a large BIGINT does not have the rounded form that it would
    share with its neighbours. Bytes are held as hexadecimal digits after `0x`, and as Base64 inside JSON.
    """
    text = written.strip(BLANKS)
    forms = _value_forms(text)
    if "." in text:
        digits = {form.partition(":")[2] for form in forms if form.startswith(form_of(NUMBER, ""))}
        forms += [form for form in _rounded_forms(text) if form.partition(":")[2] in digits]
    forms += [form_of(BYTES, held.hex()) for held in _held_bytes(text)]
    return tuple(dict.fromkeys(forms))


def forms_column(written: Column, cast: bool = False) -> Column:
    """Return `forms_of` of a column of lines, or `forms_of_cast` of values that were cast; an array each, NULL stays NULL."""
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
    # The same letters can be stored composed or decomposed.
    texts = [unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text), text]
    forms = [form_of(TEXT, each) for each in texts]
    if text.lower() in ("true", "false"):
        forms.append(form_of(BOOLEAN, text.lower()))
    if _is_number(text):
        forms.append(form_of(NUMBER, plain_number(Decimal(text))))
    return [*forms, *_moment_forms(text), form_of(BYTES, text.encode().hex())]


def _rounded_forms(text: str) -> list[str]:
    """Return the forms of what a DOUBLE and a FLOAT would store of a number."""
    if not _is_number(text):
        return []
    values: dict[str, SupportsFloat] = {DOUBLE: float(text), FLOAT: np.float32(float(text))}
    return [form_of(kind, plain_number(Decimal(str(value)))) for kind, value in values.items() if math.isfinite(value)]


def _is_number(text: str) -> bool:
    if len(text) > _MOST_DIGITS or not _NUMBER.fullmatch(text):
        return False
    return abs(Decimal(text).adjusted()) <= _MOST_DIGITS


def _moment_forms(text: str) -> Iterator[str]:
    """Return forms of a date or a moment; where no zone is written, it is UTC."""
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
        # Spark writes a wall clock's time without zeros at its end.
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
