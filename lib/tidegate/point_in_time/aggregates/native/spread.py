"""Variances for each label."""

import numpy as np

from tidegate.point_in_time.aggregates.native.exact_sums import Doubles, digits_of_doubles, rounded, sums
from tidegate.point_in_time.aggregates.native.label_line import Stretches, stretches
from tidegate.point_in_time.aggregates.native.totals import Numbers
from tidegate.point_in_time.native.arrays import Flags, Longs

# Where the sum of squares loses more than this share of its digits, the deviations of the rows are added up instead.
_LOST = 1e-4


def variance_of_rows(column: Numbers, ranges: Stretches, codes: Longs, pairs_at_once: int) -> tuple[Doubles, Longs]:
    """Return the sample variance of the rows that count for each position, and how many they are.

    The values are shifted by the mean of their key, and the shifted values and their squares are added up exactly. The error is
    at most 1e-10 of the variance, plus 1e-20 of the square of the largest value that counts. For fewer than two rows the
    variance is undefined.

    Args:
        column: The column.
        ranges: The rows that count.
        codes: The code of the key of each row of the table.
        pairs_at_once: How many pairs of a position and a row are held in memory at a time.
    """
    number = ranges.counts
    if not len(ranges.rows):
        return np.zeros(ranges.size), number
    with np.errstate(over="ignore", invalid="ignore"):
        shifted = column.doubles - _means(column.doubles, ranges.rows, codes)[codes]
        squares = shifted * shifted
        usable = bool(np.isfinite(squares[ranges.rows]).all())
        totals = [_total(np.where(np.isfinite(each), each, 0.0), ranges) for each in (shifted, squares)]
        deviation = totals[1] - totals[0] * totals[0] / np.maximum(number, 1)
    doubtful = (number > 1) & ~(deviation > _LOST * totals[1]) & (totals[1] > 0)
    doubtful |= (number > 1) & (not usable)
    if bool(doubtful.any()):
        deviation[doubtful] = _direct(column.doubles, ranges, doubtful, pairs_at_once)
    found = np.maximum(deviation, 0.0) / np.maximum(number - 1, 1)
    if column.special is not None:
        touched = sum(ranges.of(each).counts for each in column.special)
        found = np.where(touched > 0, np.nan, found)
    return found, number


def _means(values: Doubles, rows: Longs, codes: Longs) -> Doubles:
    size = int(codes.max(initial=0)) + 1
    with np.errstate(over="ignore", invalid="ignore"):
        found = np.bincount(codes[rows], values[rows], size) / np.maximum(np.bincount(codes[rows], minlength=size), 1)
    return np.where(np.isfinite(found), found, 0.0)


def _total(values: Doubles, ranges: Stretches) -> Doubles:
    digits = digits_of_doubles(values)
    return rounded(sums(digits, ranges), digits, ranges.size)


def _direct(values: Doubles, ranges: Stretches, asked: Flags, pairs_at_once: int) -> Doubles:
    """Return the sums of squared deviations of the asked positions, from the rows of each of them."""
    before = np.append(0, np.cumsum(asked))
    size = int(before[-1])
    # The stretches on a line that has the asked positions only.
    narrow = stretches(before[ranges.first], before[ranges.end], size, ranges.rows)
    found = np.zeros(size)
    for low, high in narrow.parts(len(values), pairs_at_once):
        part = narrow.within(low, high)
        positions, rows = part.pairs()
        found[low:high] = _deviations(values[rows], positions, part.size)
    return found


def _deviations(values: Doubles, positions: Longs, size: int) -> Doubles:
    """Return the sum of squared deviations from the mean of the values of each position."""
    number = np.maximum(np.bincount(positions, minlength=size), 1)
    # Scaled by a power of two, so that no square is out of range.
    largest = np.zeros(size)
    np.maximum.at(largest, positions, np.abs(values))
    scale = np.frexp(largest)[1]
    small = np.ldexp(values, -scale[positions])
    deviations = small - np.bincount(positions, small / number[positions], size)[positions]
    # The second part is what the rounding of the mean adds to all deviations alike.
    squares = np.bincount(positions, deviations * deviations, size) - np.bincount(positions, deviations, size) ** 2 / number
    with np.errstate(over="ignore"):
        result: Doubles = np.ldexp(np.maximum(squares, 0.0), 2 * scale)
    return result
