"""How large a frame is, without computing it."""

from pyspark.sql import DataFrame

# Where Spark knows nothing of a frame it takes it for as large as can be, and what it joins for larger yet.
_UNKNOWN = 1 << 50


def estimated_bytes(frame: DataFrame) -> int | None:
    """Return Spark's estimate from the sizes of the files and tables the frame is read from; None where it has none."""
    size = int(frame._jdf.queryExecution().optimizedPlan().stats().sizeInBytes())
    return size if size < _UNKNOWN else None
