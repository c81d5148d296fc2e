"""Which types a Delta table can widen in place, without writing a row again."""

from pyspark.sql import types as T

_INTEGERS: tuple[type[T.DataType], ...] = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)
# Digits before the point that hold every value; what Parquet's readers convert to.
_DIGITS: dict[type[T.DataType], int] = {T.ByteType: 10, T.ShortType: 10, T.IntegerType: 10, T.LongType: 20}


def can_widen(stored: T.DataType, wanted: T.DataType) -> bool:
    """Tell whether Delta reads stored values of one type as the other: https://docs.delta.io/delta-type-widening.

    Columns only; what lies inside structs, arrays and maps stays as it is.
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
