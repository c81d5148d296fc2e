"""Compare two large tables where they are, in Spark."""

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T


def assert_same_tables(ours: DataFrame, theirs: DataFrame, what: str) -> None:
    """Compare schemas and all rows, but for the last bits of doubles: those of a sum depend on the order of its parts."""
    assert ours.schema == theirs.schema, what
    assert_same_rows(comparable(ours), comparable(theirs), what)


def assert_same_rows(ours: DataFrame, theirs: DataFrame, what: str | None) -> None:
    """Compare all rows by their number and hashes; where these differ, show some rows that only one of them has."""
    assert ours.dtypes == theirs.dtypes, what
    found = fingerprint(theirs)
    if fingerprint(ours) == found and found["rows"]:
        return
    raise AssertionError(what, found, [one.exceptAll(other).head(4) for one, other in ((ours, theirs), (theirs, ours))])


def fingerprint(frame: DataFrame) -> Row:
    """Return how many rows there are and two sums of their hashes, whatever their order."""
    hashed = F.xxhash64(*frame.columns)
    [found] = frame.agg(F.count("*").alias("rows"), F.bit_xor(hashed), F.sum(hashed.cast("decimal(20)"))).collect()
    return found


def comparable(frame: DataFrame) -> DataFrame:
    """Round doubles to nine digits, and turn maps, which Spark can't compare, into text."""
    return frame.select(*(comparable_column(field) for field in frame.schema.fields))


def comparable_column(field: T.StructField) -> Column:
    if isinstance(field.dataType, T.DoubleType):
        return F.round(field.name, 9).alias(field.name)
    if isinstance(field.dataType, T.MapType):
        return F.array_sort(F.map_entries(field.name)).cast("string").alias(field.name)
    return F.col(field.name)
