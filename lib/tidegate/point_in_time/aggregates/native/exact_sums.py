"""Sums over the rows that count for each label, exact to the last digit.

A value is cut into digits of a fixed number of bits. Each digit is a small whole number, so that sums of digits are exact in
double precision: they stay below 2**53 for all rows together. Only at the end are the sums of the digits put together, and
doubles are rounded once, as `math.fsum` does. The final rounding follows the last step of Shewchuk's algorithm ("Adaptive
Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates", 1997).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tidegate.point_in_time.aggregates.native.label_line import Stretches
from tidegate.point_in_time.native.arrays import Longs

Doubles = npt.NDArray[np.float64]
_EXACT_BITS = 53


@dataclass(frozen=True)
class Digits:
    """Whole numbers as digits: the value is the sum of `digits[k] * 2**(exponent + bits * k)`.

    Attributes:
        digits: One array for each place, the lowest first. Digits of negative values are negative or zero.
        bits: Bits of a digit.
        exponent: The exponent of the lowest place.
    """

    digits: tuple[Doubles, ...]
    bits: int
    exponent: int


def bits_for(rows: int) -> int:
    """Return how many bits a digit may have, so that sums of so many digits are exact in double precision."""
    return _EXACT_BITS - int(rows).bit_length()


def digits_of_doubles(values: Doubles) -> Digits:
    """Cut finite doubles into digits. Values of similar size need one to three places, the whole range of doubles needs many."""
    bits = bits_for(len(values))
    mantissas, exponents = np.frexp(values)
    whole = np.ldexp(mantissas, _EXACT_BITS).astype(np.int64)
    lowest = np.frexp((whole & -whole).astype(np.float64))[1] - 1 + exponents - _EXACT_BITS
    there = whole != 0
    if not bool(there.any()):
        return Digits((), bits, 0)
    low, high = int(lowest[there].min()), int(exponents[there].max())
    rest, digits = values, list[Doubles]()
    for place in range((high - low - 1) // bits, 0, -1):
        unit = low + bits * place
        digit = np.trunc(np.ldexp(rest, -unit))
        rest = rest - np.ldexp(digit, unit)
        digits.append(digit)
    digits.append(np.ldexp(rest, -low))
    return Digits(tuple(reversed(digits)), bits, low)


def digits_of_words(words: npt.NDArray[np.int64], rows: int) -> Digits:
    """Cut whole numbers into digits.

    Args:
        words: The numbers in two's complement, as an array of shape (rows, words of 64 bits), the lowest word first.
        rows: How many of them are added up at most.
    """
    bits = 32 if bits_for(rows) >= 32 else 16
    mask, digits = (1 << bits) - 1, list[Doubles]()
    for word in range(words.shape[1]):
        for place in range(64 // bits):
            digit = words[:, word] >> (bits * place)
            is_top = word == words.shape[1] - 1 and place == 64 // bits - 1
            digits.append((digit if is_top else digit & mask).astype(np.float64))
    return Digits(tuple(digits), bits, 0)


def sums(values: Digits, ranges: Stretches) -> list[Longs]:
    """Return for each place the sum of the digits of the rows that count for each position."""
    found = []
    for digit in values.digits:
        if not digit.any():
            found.append(np.zeros(ranges.size, dtype=np.int64))
            continue
        taken = digit[ranges.rows]
        started = np.bincount(ranges.first, taken, ranges.size + 1)
        ended = np.bincount(ranges.end, taken, ranges.size + 1)
        found.append(np.cumsum(started - ended)[:-1].astype(np.int64))
    return found


def carried(totals: list[Longs], bits: int) -> list[Longs]:
    """Carry over from each place to the next one, so that all but the last are in [0, 2**bits); a place is added at the top."""
    carry, places = np.zeros_like(totals[0]), list[Longs]()
    for total in totals:
        total = total + carry
        carry = total >> bits
        places.append(total & ((1 << bits) - 1))
    return [*places, carry]


def rounded(totals: list[Longs], values: Digits, size: int) -> Doubles:
    """Return the sums as doubles, each rounded once to the nearest, and half to even."""
    if not totals:
        return np.zeros(size)
    negative = carried(totals, values.bits)[-1] < 0
    places = carried([np.where(negative, -total, total) for total in totals], values.bits)
    with np.errstate(over="ignore"):
        terms = [np.ldexp(place.astype(np.float64), values.exponent + values.bits * at) for at, place in enumerate(places)]
    high, low = terms[-1], np.zeros(size)
    below = np.zeros(size, dtype=bool)
    for term in reversed(terms[:-1]):
        going = low == 0
        with np.errstate(invalid="ignore"):
            total = high + term
            low = np.where(going, term - (total - high), low)
        below |= ~going & (term != 0)
        high = np.where(going, total, high)
    # The sum lies exactly between two doubles as far as `high` and `low` show, and something is left below.
    with np.errstate(invalid="ignore"):
        up = high + 2 * low
        halfway = below & (low > 0) & (up - high == 2 * low)
    high = np.where(halfway, up, high)
    return np.where(negative, -high, high)
