"""Which literals a task may compare a column with: those that Spark compares with it in a type that holds both exactly."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa
from pyspark.sql import types as T
from sqlglot import exp

_WHOLE = re.compile(r"\d{1,18}\Z")
_DECIMAL = re.compile(r"\d{1,15}\.\d{1,15}\Z")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
# Whole numbers up to these are exact as 32-bit and 64-bit floating-point numbers, whichever of both Spark compares in.
_EXACT_FLOAT, _EXACT_DOUBLE = 2**24, 2**53
# A whole number in Spark has at most this many digits.
_DIGITS_OF_WHOLE = 20
_MOST_DIGITS = 38


class NotNativeError(Exception):
    """A part of a condition that only Spark evaluates. The message says which part."""


@dataclass(frozen=True)
class Compatible:
    """A literal as a Python value, and the Arrow type in which a column is compared with it."""

    value: object
    type: pa.DataType


def compatible(kind: T.DataType, tree: exp.Expression) -> Compatible:
    """Return the literal for a comparison with a column.

    Args:
        kind: Type of the column.
        tree: The syntax tree of the literal.

    Raises:
        NotNativeError: It is not a literal, or Spark would convert one of both before it compares them.
    """
    found = _of_boolean(kind, tree) or _of_text(kind, tree) or _of_day(kind, tree) or _of_number(kind, tree)
    if found is None:
        shown = tree.sql(dialect="spark")
        raise NotNativeError(f"{shown} is not a plain literal of the type {kind.simpleString()}")
    return found


def _of_boolean(kind: T.DataType, tree: exp.Expression) -> Compatible | None:
    if isinstance(kind, T.BooleanType) and isinstance(tree, exp.Boolean):
        return Compatible(bool(tree.this), pa.bool_())
    return None


def _of_text(kind: T.DataType, tree: exp.Expression) -> Compatible | None:
    # Other texts have a collation, and may be equal without having equal bytes.
    if kind != T.StringType() or not _is_text(tree):
        return None
    # Spark and the parser may read escaped characters in different ways.
    return Compatible(str(tree.this), pa.string()) if not re.search(r"[\\'\"\n\r]", tree.this) else None


def _of_day(kind: T.DataType, tree: exp.Expression) -> Compatible | None:
    if not isinstance(kind, T.DateType):
        return None
    if isinstance(tree, exp.Cast) and tree.to.this == exp.DataType.Type.DATE:
        tree = tree.this
    if not _is_text(tree) or not _DAY.match(tree.this):
        return None
    try:
        return Compatible(date.fromisoformat(tree.this), pa.date32())
    except ValueError:
        return None


def _of_number(kind: T.DataType, tree: exp.Expression) -> Compatible | None:
    text = _number_text(tree)
    if text is None:
        return None
    is_whole = "." not in text
    if isinstance(kind, T.IntegralType):
        return Compatible(int(text), pa.int64()) if is_whole else None
    if isinstance(kind, (T.FloatType, T.DoubleType)):
        limit = _EXACT_FLOAT if isinstance(kind, T.FloatType) else _EXACT_DOUBLE
        return Compatible(float(text), pa.float64()) if not is_whole or abs(int(text)) <= limit else None
    return _of_decimal(kind, text) if isinstance(kind, T.DecimalType) else None


def _of_decimal(kind: T.DecimalType, text: str) -> Compatible | None:
    whole, _, fraction = text.lstrip("-").partition(".")
    digits = max(kind.precision - kind.scale, len(whole), 0 if fraction else _DIGITS_OF_WHOLE)
    scale = max(kind.scale, len(fraction))
    # With more digits, Spark would round one of both.
    if digits + scale > _MOST_DIGITS:
        return None
    return Compatible(Decimal(text), pa.decimal128(digits + scale, scale))


def _number_text(tree: exp.Expression) -> str | None:
    sign = ""
    if isinstance(tree, exp.Neg):
        sign, tree = "-", tree.this
    if not isinstance(tree, exp.Literal) or tree.is_string:
        return None
    text = str(tree.this)
    return sign + text if _WHOLE.match(text) or _DECIMAL.match(text) else None


def _is_text(tree: exp.Expression) -> bool:
    return isinstance(tree, exp.Literal) and bool(tree.is_string)
