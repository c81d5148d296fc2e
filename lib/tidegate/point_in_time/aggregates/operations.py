"""The operations of aggregates, as functions that a definition calls: `mean("delay", window=timedelta(days=1))`.

All of them follow SQL: rows with NULL in the column do not count. Where no row counts, `count` and `count_distinct` are 0 and
all others are NULL. The keyword arguments that they share are those of `Aggregate`.
"""

from datetime import timedelta
from typing import TypedDict, Unpack

from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.windows import Window


class Shared(TypedDict, total=False):
    """The arguments that all operations take; `Aggregate` explains them."""

    window: Window
    where: str | None
    by: str | None
    most: int
    offset: timedelta
    ahead: timedelta | None


def count(column: str | None = None, **shared: Unpack[Shared]) -> Aggregate:
    """Count the rows, or with `column` the rows in which it is not NULL. The result is a whole number."""
    return Aggregate("count", column, **shared)


def sum_of(column: str, **shared: Unpack[Shared]) -> Aggregate:
    """Add up a column. Whole numbers and decimals are added exactly; a sum of doubles is the exact sum, rounded once."""
    return Aggregate("sum", column, **shared)


def mean(column: str, **shared: Unpack[Shared]) -> Aggregate:
    """Divide the sum of a column by the number of its values. The result is a double."""
    return Aggregate("mean", column, **shared)


def variance(column: str, **shared: Unpack[Shared]) -> Aggregate:
    """Compute the sample variance (divided by n - 1). The result is a double, and NULL for fewer than two values."""
    return Aggregate("variance", column, **shared)


def std(column: str, **shared: Unpack[Shared]) -> Aggregate:
    """Compute the sample standard deviation, which is the square root of `variance`."""
    return Aggregate("std", column, **shared)


def minimum(column: str, **shared: Unpack[Shared]) -> Aggregate:
    """Return the smallest value, in Spark's order: NaN is greater than every other number."""
    return Aggregate("min", column, **shared)


def maximum(column: str, **shared: Unpack[Shared]) -> Aggregate:
    """Return the largest value, in Spark's order: NaN is greater than every other number."""
    return Aggregate("max", column, **shared)


def first(column: str, n: int | None = None, skip_null: bool = True, **shared: Unpack[Shared]) -> Aggregate:
    """Return the value of the oldest row of the window, or with `n` an array of the `n` oldest values, oldest first."""
    return Aggregate("first", column, n=n, skip_null=skip_null, **shared)


def last(column: str, n: int | None = None, skip_null: bool = True, **shared: Unpack[Shared]) -> Aggregate:
    """Return the value of the newest row of the window, or with `n` an array of the `n` newest values, newest first."""
    return Aggregate("last", column, n=n, skip_null=skip_null, **shared)


def share(condition: str, **shared: Unpack[Shared]) -> Aggregate:
    """Return the share of the rows, 0 to 1, for which a SQL condition is true. A condition that is NULL is not true."""
    return Aggregate("share", None, condition=condition, **shared)


def count_distinct(column: str, **shared: Unpack[Shared]) -> Aggregate:
    """Count the different values of a column. NaN equals NaN, and 0.0 equals -0.0."""
    return Aggregate("count_distinct", column, **shared)


def time_since_last(column: str | None = None, **shared: Unpack[Shared]) -> Aggregate:
    """Return the seconds from the newest row of the window to the label time, as a double.

    With `column`, only rows count in which it is not NULL. If the windows are anchored at the target time, the seconds still run
    to the label time.
    """
    return Aggregate("time_since_last", column, **shared)
