"""Sums and means of a column of numbers for each label."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.point_in_time.aggregates.native.exact_sums import (
    Digits,
    Doubles,
    carried,
    digits_of_doubles,
    digits_of_words,
    rounded,
    sums,
)
from tidegate.point_in_time.aggregates.native.label_line import Stretches
from tidegate.point_in_time.native.arrays import Flags, Longs

# The largest power of ten that is a double exactly.
_EXACT_POWER = 22


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column of numbers, ready to be added up.

    Attributes:
        digits: The finite values; NULL, NaN and infinities are zero.
        kind: The type of the column.
        doubles: The same values as doubles.
        special: For NaN, infinity and minus infinity, whether each row has it; None if no row has any.
    """

    digits: Digits
    kind: pa.DataType
    doubles: Doubles
    special: tuple[Flags, Flags, Flags] | None = None


def numbers(values: pa.Array) -> Numbers:
    """Return a column of whole numbers, decimals, floats or doubles as numbers that can be added up."""
    kind = values.type
    if pa.types.is_floating(kind):
        plain = np.array(pc.fill_null(values, 0), dtype=np.float64)
        finite = np.isfinite(plain)
        special = None if bool(finite.all()) else (np.isnan(plain), plain == np.inf, plain == -np.inf)
        kept = np.where(finite, plain, 0.0)
        return Numbers(digits_of_doubles(kept), kind, kept, special)
    words = _words(pc.fill_null(values, 0))
    doubles = np.array(pc.fill_null(values, 0).cast(pa.float64(), safe=False), dtype=np.float64)
    return Numbers(digits_of_words(words, len(values)), kind, doubles)


def sum_of_rows(column: Numbers, ranges: Stretches, kind: pa.DataType, what: str) -> pa.Array:
    """Return the sum of the rows that count for each position; NULL where no row counts.

    Args:
        column: The column.
        ranges: The rows that count.
        kind: The type of the result.
        what: The name of the feature, for messages.

    Raises:
        RuntimeError: A sum of whole numbers or decimals doesn't fit into its type.
    """
    if pa.types.is_floating(column.kind):
        return pa.array(_double_sums(column, ranges), mask=ranges.counts == 0)
    return _whole_sums(column, ranges, kind, what)


def mean_of_rows(column: Numbers, ranges: Stretches) -> tuple[Doubles, Longs]:
    """Return the mean of the rows that count for each position, and how many they are. Without a row, the mean is undefined."""
    number = ranges.counts
    return _double_sums(column, ranges) / np.maximum(number, 1), number


def _double_sums(column: Numbers, ranges: Stretches) -> Doubles:
    # A sum and a mean of the same rows share them.
    if column not in ranges.sums:
        ranges.sums[column] = _added_up(column, ranges)
    return ranges.sums[column]


def _added_up(column: Numbers, ranges: Stretches) -> Doubles:
    totals = sums(column.digits, ranges)
    found = rounded(totals, column.digits, ranges.size)
    if pa.types.is_decimal(column.kind):
        found = _scaled(totals, column, found)
    if column.special is None:
        return found
    has_nan, has_inf, has_minus = (ranges.of(each).counts > 0 for each in column.special)
    found = np.where(has_inf, np.inf, np.where(has_minus, -np.inf, found))
    return np.where(has_nan | (has_inf & has_minus), np.nan, found)


def _scaled(totals: list[Longs], column: Numbers, found: Doubles) -> Doubles:
    """Return sums of decimals as doubles, from the sums of their unscaled numbers, each rounded once."""
    scale = column.kind.scale
    result: Doubles = found / 10.0 ** min(scale, _EXACT_POWER)
    inexact = np.abs(found) > 2.0**53 if scale <= _EXACT_POWER else found != 0
    places = np.stack(totals, axis=-1)[inexact]
    weights = [1 << (column.digits.bits * place) for place in range(places.shape[1])]
    exact = [sum(int(digit) * weight for digit, weight in zip(row, weights, strict=True)) for row in places]
    result[inexact] = [float(Fraction(total, 10**scale)) for total in exact]
    return result


def _whole_sums(column: Numbers, ranges: Stretches, kind: pa.DataType, what: str) -> pa.Array:
    places = carried(sums(column.digits, ranges), column.digits.bits)
    bits, words = column.digits.bits, list[Longs]()
    for start in range(0, len(places) - 1, 64 // bits):
        parts = [part << (bits * place) for place, part in enumerate(places[start : start + 64 // bits])]
        words.append(np.bitwise_or.reduce(parts))
    missing = ranges.counts == 0
    if bool((places[-1] != (words[-1] >> 63)).any()):
        raise RuntimeError(f"aggregate {what}: a sum does not fit into {kind}. Convert the column to a wider type.")
    if len(words) == 1:
        return pa.array(words[0], mask=missing)
    buffer = pa.py_buffer(np.stack(words, axis=-1).tobytes())
    found = pa.Array.from_buffers(pa.decimal128(38, column.kind.scale), ranges.size, [None, buffer])
    try:
        found.validate(full=True)
        found = found.cast(kind)
    except pa.ArrowInvalid:
        raise RuntimeError(f"aggregate {what}: a sum does not fit into {kind}.") from None
    return pc.if_else(pa.array(missing), pa.scalar(None, kind), found)


def _words(values: pa.Array) -> npt.NDArray[np.int64]:
    if not pa.types.is_decimal(values.type):
        return np.asarray(values.cast(pa.int64())).reshape(-1, 1)
    wide = values.cast(pa.decimal128(38, values.type.scale))
    whole = np.frombuffer(wide.buffers()[1], dtype=np.int64).reshape(-1, 2)
    return whole[wide.offset : wide.offset + len(wide)]
