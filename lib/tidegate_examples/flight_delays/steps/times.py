"""Moments and windows that several steps share."""

from collections.abc import Sequence
from datetime import timedelta

from pyspark.sql import Column, Window, WindowSpec
from pyspark.sql import functions as F

from tidegate import Period

PREDICTION_LEAD = timedelta(hours=2)
DELAYED_FROM_MINUTES = 15


def within(column: str, period: Period) -> Column:
    """Tell whether a moment belongs to the period."""
    return (F.col(column) >= F.lit(period.start)) & (F.col(column) < F.lit(period.end))


def local_day(moment: Column, period: Period) -> Column:
    """Return the calendar day of a UTC moment in the period's zone."""
    return F.to_date(F.from_utc_timestamp(moment, period.zone))


def end_of_day(day: Column, period: Period) -> Column:
    """Return the first moment after a calendar day of the period's zone, UTC."""
    return F.to_utc_timestamp(F.date_add(day, 1).cast("timestamp"), period.zone)


def last(keys: Sequence[str], moment: str, length: timedelta) -> WindowSpec:
    """Return the window of a key's rows from a length of time ago (excluded) to now (included, with ties)."""
    by_time = Window.partitionBy(*keys).orderBy(F.unix_micros(moment))
    return by_time.rangeBetween(1 - length // timedelta(microseconds=1), Window.currentRow)
