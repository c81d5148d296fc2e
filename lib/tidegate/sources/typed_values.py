"""Texts as typed values: what can't be read to the last digit is a fault, never NULL or rounded."""

from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.schema import Field
from tidegate.sources.local_times import to_utc
from tidegate.sources.source import Source

WHOLE = r"^[+-]?\d+$"
PLAIN_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)$"
NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
NOT_FINITE = r"^(?:NaN|[+-]?Infinity)$"
DAY = r"^\d{4}-\d{2}-\d{2}$"
LOCAL_TIME = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6}0*)?)?$"
MOMENT = LOCAL_TIME[:-1] + r"(?:Z|[+-]\d{2}:\d{2})$"
_FINER = r":\d{2}\.\d{6}\d*[1-9]"
_MICROS_A_DAY = 86_400_000_000


@dataclass(frozen=True)
class Reading:
    """A text as a value.

    Attributes:
        value: The value; NULL where the text is NULL or faulty.
        fault: What is wrong with the text, without it; NULL where nothing is.
    """

    value: Column
    fault: Column


def read_text(source: Source, field: Field, text: Column) -> Reading:
    """Return a field's value of a text."""
    kind, pattern = field.type, source.patterns.get(field.name)
    if isinstance(kind, T.DateType):
        return _day(text, pattern)
    if isinstance(kind, T.TimestampType):
        return _moment(source, text, pattern)
    return _number(kind, text) if isinstance(kind, T.NumericType) else _word(kind, text)


def _word(kind: T.DataType, text: Column) -> Reading:
    if isinstance(kind, T.BooleanType):
        return _checked(text.try_cast(kind), text, (~text.rlike("(?i)^(?:true|false)$"), "neither true nor false"))
    return Reading(text, F.lit(None).cast("string"))


def _number(kind: T.NumericType, text: Column) -> Reading:
    if isinstance(kind, T.DecimalType):
        return _decimal(kind, text)
    if isinstance(kind, (T.DoubleType, T.FloatType)):
        return _floating(kind, text)
    value = text.try_cast(kind)
    return _checked(value, text, (~text.rlike(WHOLE), "not a whole number"), (value.isNull(), f"too large for {_name(kind)}"))


def _floating(kind: T.NumericType, text: Column) -> Reading:
    value = text.try_cast(kind)
    is_special = text.rlike(NOT_FINITE)
    nonzero = F.regexp_extract(text, r"^[+-]?([\d.]*)", 1).rlike("[1-9]")
    return _checked(
        value,
        text,
        (~(text.rlike(NUMBER) | is_special), "not a number"),
        (~is_special & ~(F.abs(value) < F.lit(float("inf"))), f"too large for {_name(kind)}"),
        ((value == 0) & nonzero, f"too small for {_name(kind)}"),
    )


def _decimal(kind: T.DecimalType, text: Column) -> Reading:
    value = text.try_cast(kind)
    digits = F.length(F.regexp_extract(text, r"\.(\d*?)0*$", 1))
    return _checked(
        value,
        text,
        (~text.rlike(PLAIN_NUMBER), "not a decimal number"),
        (digits > kind.scale, f"more than {kind.scale} decimals"),
        (value.isNull(), f"too large for {_name(kind)}"),
    )


def _day(text: Column, pattern: str | None) -> Reading:
    if pattern is None:
        value = text.try_cast("date")
        return _checked(value, text, (~text.rlike(DAY), "not a day such as 2013-01-31"), (value.isNull(), "no such day"))
    micros = F.unix_micros(_parsed(text, pattern))
    value = F.date_from_unix_date(F.floor(micros / F.lit(_MICROS_A_DAY)).cast("int"))
    return _checked(value, text, (micros.isNull(), f"not a day written as {pattern}"))


def _moment(source: Source, text: Column, pattern: str | None) -> Reading:
    if pattern is not None and _names_zone(pattern):
        value = F.try_to_timestamp(text, F.lit(pattern))
        return _checked(value, text, (value.isNull(), f"not a time written as {pattern}"))
    if pattern is not None:
        wall, wrong = _parsed(text, pattern), f"not a time written as {pattern}"
        instant, is_local = F.lit(None).cast("timestamp"), F.lit(True)
        form = F.lit(True)
    else:
        is_local = text.rlike(LOCAL_TIME)
        wall = F.concat(text, F.lit("Z")).try_cast("timestamp")
        instant, form = F.when(text.rlike(MOMENT), text.try_cast("timestamp")), text.rlike(MOMENT) | is_local
        wrong = "not a time such as 2013-01-31T12:00:00Z"
    if source.zone is None:
        local, fault = F.lit(None).cast("timestamp"), F.when(is_local, "a time without a zone")
    else:
        local, fault = to_utc(wall, source.zone, source.double_hours)
    value = F.when(is_local, local).otherwise(instant)
    found = F.when(is_local & wall.isNotNull(), fault)
    checked = _checked(
        value,
        text,
        (text.rlike(_FINER) if pattern is None else F.lit(False), "finer than microseconds"),
        (~form, wrong),
        (F.when(is_local, wall.isNull()).otherwise(instant.isNull()), wrong if pattern else "no such time"),
    )
    return Reading(F.when(found.isNull(), checked.value), F.coalesce(checked.fault, found))


def _parsed(text: Column, pattern: str) -> Column:
    """Read a time without a zone as if it were UTC, independent of the session's zone."""
    return F.try_to_timestamp(F.concat(text, F.lit(" Z")), F.lit(f"{pattern} X"))


def _names_zone(pattern: str) -> bool:
    quoted = pattern.split("'")
    return any(letter in part for part in quoted[::2] for letter in "VzOXxZ")


def _checked(value: Column, text: Column, *checks: tuple[Column, str]) -> Reading:
    fault = F.lit(None).cast("string")
    for is_wrong, what in reversed(checks):
        fault = F.when(is_wrong, what).otherwise(fault)
    fault = F.when(text.isNotNull(), fault)
    return Reading(F.when(fault.isNull(), value), fault)


def _name(kind: T.DataType) -> str:
    return kind.simpleString()
