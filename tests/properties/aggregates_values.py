"""What the operations of aggregates on the values of a column give, in plain Python: sums, extremes and so on."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

LONGS = range(-(2**63), 2**63)


@dataclass(frozen=True)
class Near:
    """An exact variance, and how far a computed one may be from it. With `root`, the result is its square root."""

    variance: Fraction
    slack: Fraction
    root: bool


def total(values: list) -> object:
    """Return an exact sum: whole and within 64 bits, decimal, or of doubles and rounded once (4)."""
    if isinstance(values[0], float):
        return rounded_sum(values)
    if isinstance(values[0], Decimal):
        with localcontext(prec=80):
            return sum(values)
    if sum(values) not in LONGS:
        raise OverflowError(sum(values))
    return sum(values)


def rounded_sum(values: list) -> float:
    # 4: NaN and infinities are counted apart.
    special = {str(value) for value in values if not math.isfinite(value)}
    if special:
        return float(special.pop()) if len(special) == 1 else math.nan
    found = sum(Fraction(value) for value in values)
    try:
        return float(found)
    except OverflowError:
        return math.inf if found > 0 else -math.inf


def spread(values: list, root: bool) -> object:
    if len(values) < 2:
        return None
    if not all(math.isfinite(value) for value in values):
        return math.nan
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / (len(exact) - 1)
    # Whole numbers and decimals are first rounded to doubles, which moves each by 2**-52 of its size at most, and so the variance
    # by that times its root: by a ten billionth of it or by 1e-20 of the square, whichever is more. Doubles come as they are;
    # what the mean loses is corrected, and its share of the square of the largest value is of third order.
    largest = max(abs(value) for value in exact)
    share_of_largest = Fraction(1, 10**30 if isinstance(values[0], float) else 10**20)
    # Squares below the smallest double are lost.
    slack = variance / 10**10 + share_of_largest * largest**2 + len(values) * Fraction(1, 10**322)
    return Near(variance, slack, root)


def sortable(value: object) -> object:
    """Return what sorts in Spark's order: NaN is the greatest number and equals itself, and 0.0 equals -0.0."""
    if isinstance(value, tuple):
        return tuple(sortable(each) for each in value)
    if isinstance(value, float):
        return (1, 0.0) if math.isnan(value) else (0, value + 0.0)
    return value


def restored_zero(value: object) -> object:
    return value + 0.0 if isinstance(value, float) else value


VALUE_OPERATIONS: Mapping[str, Callable[[list], object]] = {
    "sum": total,
    "mean": lambda values: rounded_sum(values) / len(values),
    "variance": lambda values: spread(values, root=False),
    "std": lambda values: spread(values, root=True),
    "min": lambda values: restored_zero(min(values, key=sortable)),
    "max": lambda values: restored_zero(max(values, key=sortable)),
    "count_distinct": lambda values: len({sortable(value) for value in values}),
}
