"""The layout of a large table: parts by the hash of a key, and in each part files of one stretch of time."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# Rows of a file: large enough that opening it is nothing, small enough that its times tell it from its neighbours.
ROWS_PER_FILE = 500_000


def bucket_of(key: Sequence[str], buckets: int) -> Column:
    """Return the number of the bucket of a key, from 0."""
    if buckets == 1:
        return F.lit(0)
    return F.pmod(F.xxhash64(*key), F.lit(buckets)).cast("int")


def laid_out(rows: DataFrame, bucket: str, order: Sequence[str], time: str, count: int, buckets: int) -> DataFrame:
    """Arrange rows for writing: one file a bucket and stretch of time, sorted inside.

    Args:
        rows: Rows with the bucket column.
        bucket: The bucket column, by which the table is partitioned.
        order: Columns that a file is sorted by.
        time: The timestamp whose stretches the files divide.
        count: How many rows there are, roughly.
        buckets: Buckets of the table.
    """
    stretches = max(1, round(count / (buckets * ROWS_PER_FILE)))
    if stretches > 1:
        divided = rows.repartitionByRange(stretches, time)
    elif buckets > 1 and count > ROWS_PER_FILE:
        divided = rows.repartition(buckets, bucket)
    else:
        divided = rows.coalesce(1)
    return divided.sortWithinPartitions(bucket, *order)
