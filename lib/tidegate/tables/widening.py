"""The types that Delta can widen in place, without rewriting rows."""

from pyspark.sql import types as T

_INTEGERS: tuple[type[T.DataType], ...] = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)
# The digits before the decimal point that a decimal needs so that Parquet's readers can convert integers of a type to it.
_DIGITS: dict[type[T.DataType], int] = {T.ByteType: 10, T.ShortType: 10, T.IntegerType: 10, T.LongType: 20}


def can_widen(stored: T.DataType, wanted: T.DataType) -> bool:
    """Return whether Delta can widen a column from the stored type to the wanted type in place.

    The rules are those of https://docs.delta.io/delta-type-widening. They are for columns. Types inside structs, arrays and maps
    are not widened.
    """
    kind = type(stored)
    if kind in _INTEGERS:
        return _integer_can_widen(kind, wanted)
    if isinstance(stored, T.DecimalType):
        return isinstance(wanted, T.DecimalType) and 0 <= wanted.scale - stored.scale <= wanted.precision - stored.precision
    pairs = ((T.FloatType, T.DoubleType), (T.DateType, T.TimestampNTZType))
    return (kind, type(wanted)) in pairs


def _integer_can_widen(kind: type[T.DataType], wanted: T.DataType) -> bool:
    if isinstance(wanted, T.DecimalType):
        return wanted.precision - wanted.scale >= _DIGITS[kind]
    if isinstance(wanted, T.DoubleType):
        # A long has more digits than a double.
        return kind is not T.LongType
    return type(wanted) in _INTEGERS and _INTEGERS.index(kind) <= _INTEGERS.index(type(wanted))
