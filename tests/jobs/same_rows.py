"""Compare two large tables where they are, in Spark."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T


def assert_same_rows(ours: DataFrame, theirs: DataFrame, what: str) -> None:
    """Compare all rows; the last bits of a sum depend on the order of its parts, which no two clusters share."""
    assert ours.schema == theirs.schema, what
    ours, theirs = comparable(ours), comparable(theirs)
    assert ours.count() == theirs.count() > 0, what
    different = ours.exceptAll(theirs).union(theirs.exceptAll(ours)).limit(4).collect()
    assert different == [], (what, different)


def comparable(frame: DataFrame) -> DataFrame:
    """Round doubles to nine digits, and turn maps, which Spark can't compare, into text."""
    return frame.select(*(comparable_column(field) for field in frame.schema.fields))


def comparable_column(field: T.StructField) -> Column:
    if isinstance(field.dataType, T.DoubleType):
        return F.round(field.name, 9).alias(field.name)
    if isinstance(field.dataType, T.MapType):
        return F.array_sort(F.map_entries(field.name)).cast("string").alias(field.name)
    return F.col(field.name)
