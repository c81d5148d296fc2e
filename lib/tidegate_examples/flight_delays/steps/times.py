"""Moments and windows that several steps share."""

from collections.abc import Sequence
from datetime import timedelta

from pyspark.sql import Column, Window, WindowSpec
from pyspark.sql import functions as F

from tidegate import Period

PREDICTION_LEAD = timedelta(hours=2)
DELAYED_FROM_MINUTES = 15


def within(column: str, period: Period) -> Column:
    """Return whether a moment is in the period."""
    return (F.col(column) >= F.lit(period.start)) & (F.col(column) < F.lit(period.end))


def local_day(moment: Column, period: Period) -> Column:
    """Return the calendar day of a UTC moment in the period's zone."""
    return F.to_date(F.from_utc_timestamp(moment, period.zone))


def end_of_day(day: Column, period: Period) -> Column:
    """Return the first moment, in UTC, after a calendar day of the period's zone."""
    return F.to_utc_timestamp(F.date_add(day, 1).cast("timestamp"), period.zone)


def last(keys: Sequence[str], moment: str, length: timedelta) -> WindowSpec:
    """Return the window over the rows of a key from `length` before a row, excluded, up to the row, with its ties included.

    Args:
        keys: Columns of the key.
        moment: Timestamp column that orders the rows.
        length: Length of the window.
    """
    by_time = Window.partitionBy(*keys).orderBy(F.unix_micros(moment))
    return by_time.rangeBetween(1 - length // timedelta(microseconds=1), Window.currentRow)
