"""Estimate the size of a frame without computing it."""

from pyspark.sql import DataFrame

from tidegate.tables.internals.spark_plans import plan_size

# If Spark knows nothing about a frame, its estimate is the largest possible number, and for a join it is larger still.
_UNKNOWN = 1 << 50


def estimated_bytes(frame: DataFrame) -> int | None:
    """Return Spark's estimate of the bytes of a frame, from the sizes of the files and tables it reads; None if there is none."""
    size = plan_size(frame)
    return size if size is not None and size < _UNKNOWN else None
