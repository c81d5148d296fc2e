"""Moments that several steps share."""

from datetime import timedelta

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate import Period

PREDICTION_LEAD = timedelta(hours=2)
DELAYED_FROM_MINUTES = 15


def within(column: str, period: Period) -> Column:
    """Return whether a moment is in the period."""
    return (F.col(column) >= F.lit(period.start)) & (F.col(column) < F.lit(period.end))
