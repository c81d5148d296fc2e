"""The layout of a large table: parts by the hash of a key, and in each part files of one stretch of time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.schema import quoted

# Rows of a file: large enough that opening it is nothing, small enough that its times tell it from its neighbours.
ROWS_PER_FILE = 500_000
# What comes next has mostly the newest times. Its files are the shorter the newer, so that a batch is compared with few rows; the
# newest one has so many at least.
_NEWEST_ROWS = 50_000


def bucket_of(key: Sequence[str], buckets: int) -> Column:
    """Return the number of the bucket of a key, from 0."""
    if buckets == 1:
        return F.lit(0)
    return F.pmod(F.xxhash64(*key), F.lit(buckets)).cast("int")


@dataclass(frozen=True)
class Spread:
    """How rows that are written spread over buckets and time.

    Attributes:
        time: The timestamp whose stretches the files divide.
        count: How many rows there are, roughly.
        buckets: Buckets that they lie in.
        bounds: Where each stretch but the first begins, in microseconds since 1970, UTC; without it the stretches are equal.
        by_bucket: Whether the rows are divided among tasks by their buckets already.
    """

    time: str
    count: int
    buckets: int
    bounds: Sequence[int] = ()
    by_bucket: bool = False

    @property
    def stretches(self) -> int:
        """Equal stretches that make files of about `ROWS_PER_FILE` rows."""
        return max(1, round(self.count / (self.buckets * ROWS_PER_FILE)))


def newest_halved(rows: DataFrame, spread: Spread) -> Spread:
    """Find the bounds of stretches of time: equal ones, of which the last is halved again and again; one pass over the rows.

    Rows of one stretch are not divided, and not looked at.
    """
    if spread.stretches == 1:
        return spread
    newest = 1 / spread.stretches
    shares = [number * newest for number in range(1, spread.stretches)]
    while newest * spread.count / spread.buckets >= 2 * _NEWEST_ROWS:
        newest /= 2
        shares.append(1 - newest)
    sketch = f"kll_sketch_agg_bigint(unix_micros({quoted(spread.time)}))"
    found = rows.selectExpr(f"kll_sketch_get_quantile_bigint({sketch}, array({', '.join(f'{s}D' for s in shares)}))").first()
    return replace(spread, bounds=tuple(sorted(set(found[0])))) if found else spread


def laid_out(rows: DataFrame, bucket: str, order: Sequence[str], spread: Spread) -> DataFrame:
    """Arrange rows for writing: one file a bucket and stretch of time, sorted inside.

    Args:
        rows: Rows with the bucket column.
        bucket: The bucket column, by which the table is partitioned.
        order: Columns that a file is sorted by.
        spread: How many rows there are, and where.
    """
    if spread.bounds:
        begun = [f"int(unix_micros({quoted(spread.time)}) >= {bound})" for bound in spread.bounds]
        divided = rows.repartitionById(len(begun) + 1, F.expr(" + ".join(begun)))
    elif spread.stretches > 1:
        divided = rows.repartitionByRange(spread.stretches, spread.time)
    elif spread.by_bucket:
        divided = rows
    elif spread.buckets > 1 and spread.count > ROWS_PER_FILE:
        divided = rows.repartition(spread.buckets, bucket)
    else:
        divided = rows.coalesce(1)
    return divided.sortWithinPartitions(bucket, *order)
