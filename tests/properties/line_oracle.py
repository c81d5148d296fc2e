"""How a line of CSV is to be read, in plain Python: the slow and obviously right way."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pyspark.sql import types as T

from tidegate.schema import Field

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
MOMENT = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})0*)?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


class HeldError(Exception):
    """The line can't be read."""


def split(line: str) -> list[str | None]:
    """Split a line as RFC 4180 says; nothing between separators is None, a quoted nothing is an empty text."""
    found: list[str | None] = []
    place = 0
    while True:
        if line[place : place + 1] == '"':
            text, place = quoted(line, place + 1)
        else:
            end = line.find(",", place)
            end = len(line) if end < 0 else end
            text, place = line[place:end], end
            if '"' in text:
                raise HeldError
            text = text or None
        found.append(text)
        if place == len(line):
            return found
        if line[place] != ",":
            raise HeldError
        place += 1


def quoted(line: str, place: int) -> tuple[str, int]:
    text = ""
    while True:
        end = line.find('"', place)
        if end < 0:
            raise HeldError
        text += line[place:end]
        if line[end + 1 : end + 2] != '"':
            return text, end + 1
        text, place = text + '"', end + 2


def read_line(fields: Sequence[Field], line: str, zone: str) -> list[Any] | None:
    """Return the values of a line, None where it is blank.

    Raises:
        HeldError: It can't be read to the last digit.
    """
    if re.fullmatch(r"[ \t\n\x0b\f\r,]*", line):
        return None
    if CONTROL.search(line):
        raise HeldError
    texts = split(line)
    if len(texts) != len(fields):
        raise HeldError
    return [value(field.type, text, zone) for field, text in zip(fields, texts, strict=True)]


def value(kind: T.DataType, text: str | None, zone: str) -> Any:
    if isinstance(kind, T.StringType) or text is None:
        return text
    readers = {
        "double": number,
        "boolean": flag,
        "date": day,
        "timestamp": lambda text: moment(text, ZoneInfo(zone)),
        "int": lambda text: whole(text, 31),
        "bigint": lambda text: whole(text, 63),
    }
    read = readers.get(kind.simpleString()) or (lambda text: decimal(kind, text))
    return None if text == "" else read(text)


def flag(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()] if text.isascii() and text.lower() in ("true", "false") else held()


def whole(text: str, bits: int) -> int:
    found = int(text) if re.fullmatch(r"[+-]?\d+", text, re.ASCII) else held()
    return found if -(2**bits) <= found < 2**bits else held()


def number(text: str) -> float:
    if re.fullmatch("NaN|[+-]?Infinity", text):
        return float(text)
    if not re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", text, re.ASCII):
        held()
    found = float(text)
    lost = found == 0 and re.search("[1-9]", re.split("[eE]", text)[0])
    return held() if abs(found) == float("inf") or lost else found


def decimal(kind: T.DecimalType, text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)", text, re.ASCII):
        held()
    whole, _, fraction = text.lstrip("+-").partition(".")
    if len(fraction.rstrip("0")) > kind.scale or len(whole.lstrip("0")) > kind.precision - kind.scale:
        held()
    # The context of Python's arithmetic has fewer digits; made from text it is exact. Spark's decimals know no negative zero.
    is_negative = text.startswith("-") and re.search("[1-9]", text)
    return Decimal(f"{'-' if is_negative else ''}{whole or '0'}.{fraction.rstrip('0').ljust(kind.scale, '0')}")


def day(text: str) -> date:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else held()
    except ValueError:
        return held()


def moment(text: str, zone: ZoneInfo) -> datetime:
    found = MOMENT.fullmatch(text) or held()
    year, month, the_day, hour, minute, second, fraction, offset = found.groups()
    try:
        wall = datetime(*map(int, (year, month, the_day, hour, minute, second or 0)), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return held()
    wall += timedelta(microseconds=int((fraction or "0").ljust(6, "0")))
    if offset is None:
        return local_moment(wall, zone)
    hours, minutes = (0, 0) if offset == "Z" else (int(offset[1:3]), int(offset[4:6]))
    if minutes > 59 or hours * 60 + minutes > 18 * 60:
        held()
    shift = timedelta(hours=hours, minutes=minutes)
    return wall + shift if offset.startswith("-") else wall - shift


def local_moment(wall: datetime, zone: ZoneInfo) -> datetime:
    naive = wall.replace(tzinfo=None)
    moments = {naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    right = {one for one in moments if one.astimezone(zone).replace(tzinfo=None) == naive}
    return right.pop() if len(right) == 1 else held()


def held() -> Any:
    raise HeldError
