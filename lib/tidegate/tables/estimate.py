"""How large a frame is, without computing it."""

from pyspark.sql import DataFrame

from tidegate.tables.internals.spark_plans import plan_size

# Where Spark knows nothing of a frame it takes it for as large as can be, and what it joins for larger yet.
_UNKNOWN = 1 << 50


def estimated_bytes(frame: DataFrame) -> int | None:
    """Return Spark's estimate from the sizes of the files and tables the frame is read from; None where it has none."""
    size = plan_size(frame)
    return size if size is not None and size < _UNKNOWN else None
