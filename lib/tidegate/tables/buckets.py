"""The arrangement of a large table: buckets by the hash of a key, and in each bucket files that each cover one span of time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.schema import quoted

# Rows per file: enough that opening a file costs little, and few enough that its span of time differs from that of other files.
ROWS_PER_FILE = 500_000
# The rows of a batch mostly have the newest times. So newer files are smaller, and a batch is compared with few rows. The newest
# file has at least this number of rows.
_NEWEST_ROWS = 50_000
_STRETCH, _EARLIER = "_stretch", "_earlier"
_WORD = 0xFFFFFFFF


def bucket_of(key: Sequence[str], buckets: int) -> Column:
    """Return the number of a key's bucket, counted from 0."""
    if buckets == 1:
        return F.lit(0)
    return F.pmod(F.xxhash64(*key), F.lit(buckets)).cast("int")


@dataclass(frozen=True)
class Spread:
    """How rows are divided into files by bucket and by span of time when they are written.

    Attributes:
        time: The name of the timestamp column that divides the rows.
        count: The approximate number of rows.
        buckets: The number of buckets that the rows belong to.
        bounds: Where each span of time except the first begins, in microseconds since 1970 UTC. If it is empty, Spark makes
            spans with equal numbers of rows.
        by_bucket: Whether the rows are already divided among Spark's tasks by bucket.
        rows_per_file: The approximate number of rows of a file.
        newest_rows: The smallest number of rows of the file with the newest times.
    """

    time: str
    count: int
    buckets: int
    bounds: Sequence[int] = ()
    by_bucket: bool = False
    rows_per_file: int = ROWS_PER_FILE
    newest_rows: int = _NEWEST_ROWS

    @property
    def stretches(self) -> int:
        """The number of equal spans of time with which a file gets about `rows_per_file` rows."""
        return max(1, round(self.count / (self.buckets * self.rows_per_file)))


def newest_halved(rows: DataFrame, spread: Spread) -> Spread:
    """Return the spread with bounds, so that the newest files are small.

    The spans of time get equal numbers of rows, and the newest span is halved repeatedly. This reads the rows once. If all rows
    fit into one span, the spread is returned as it is and no row is read.
    """
    if spread.stretches == 1:
        return spread
    newest = 1 / spread.stretches
    shares = [number * newest for number in range(1, spread.stretches)]
    while newest * spread.count / spread.buckets >= 2 * spread.newest_rows:
        newest /= 2
        shares.append(1 - newest)
    sketch = f"kll_sketch_agg_bigint(unix_micros({quoted(spread.time)}))"
    found = rows.selectExpr(f"kll_sketch_get_quantile_bigint({sketch}, array({', '.join(f'{s}D' for s in shares)}))").first()
    return replace(spread, bounds=tuple(sorted(set(found[0])))) if found else spread


def laid_out(rows: DataFrame, bucket: str, order: Sequence[str], spread: Spread) -> DataFrame:
    """Arrange rows so that writing them makes one sorted file for each bucket and span of time.

    Args:
        rows: The rows, with the bucket column.
        bucket: The name of the bucket column, by which the table is partitioned.
        order: The columns by which the rows of a file are sorted.
        spread: How the rows are divided.
    """
    return _divided(rows, bucket, spread).sortWithinPartitions(bucket, *order).drop(_STRETCH)


def first_laid_out(rows: DataFrame, bucket: str, event: Sequence[str], last: str, spread: Spread) -> DataFrame:
    """Arrange rows as `laid_out` does, and leave out all but the first of several rows of one event.

    The rows of an event follow each other in this order, so finding them takes no further shuffle or sort.

    Args:
        rows: The rows, with the bucket column.
        bucket: The name of the bucket column.
        event: The columns that identify an event, in the order by which a file is sorted. The last one is the time.
        last: The column by which the rows of one event are sorted.
        spread: How the rows are divided.
    """
    divided = _divided(rows, bucket, spread)
    # The stretch follows from the time, so it changes no order. Spark has to see it, to know that no event is divided.
    together = [bucket, *event, *([_STRETCH] if _STRETCH in divided.columns else [])]
    names = ", ".join(map(quoted, together))
    # With `row_number`, Spark would plan a limit for each event, which takes two more passes.
    earlier = F.expr(f"lag(1) OVER (PARTITION BY {names} ORDER BY {quoted(last)})")
    numbered = divided.sortWithinPartitions(*together, last).withColumn(_EARLIER, earlier)
    return numbered.where(F.col(_EARLIER).isNull()).drop(_EARLIER, _STRETCH)


def _divided(rows: DataFrame, bucket: str, spread: Spread) -> DataFrame:
    """Divide rows among tasks. Rows that are divided by the bounds of a spread have the column `_stretch`."""
    if spread.bounds:
        begun = [f"int(unix_micros({quoted(spread.time)}) >= {bound})" for bound in spread.bounds]
        tasks = len(begun) + 1
        numbers = ", ".join(map(str, _numbers_by_task(tasks)))
        stretch = F.expr(f"element_at(array({numbers}), 1 + {' + '.join(begun)})")
        return rows.withColumn(_STRETCH, stretch).repartition(tasks, _STRETCH)
    if spread.stretches > 1:
        return rows.repartitionByRange(spread.stretches, spread.time)
    if spread.by_bucket:
        return rows
    if spread.buckets > 1 and spread.count > spread.rows_per_file:
        return rows.repartition(spread.buckets, bucket)
    return rows.coalesce(1)


def _numbers_by_task(tasks: int) -> list[int]:
    """Return for each task a number that Spark's hash sends to it, so that every task gets one stretch of time."""
    found: dict[int, int] = {}
    for number in count():
        found.setdefault(spark_hash(number) % tasks, number)
        if len(found) == tasks:
            return [found[task] for task in range(tasks)]
    raise AssertionError("a hash function that never gives some remainder")


def spark_hash(number: int) -> int:
    """Return Spark's hash of an integer, by which `repartition` divides rows: MurmurHash3 of 32 bits with the seed 42."""
    mixed = _rotated(number * 0xCC9E2D51, 15) * 0x1B873593
    found = (_rotated(42 ^ (mixed & _WORD), 13) * 5 + 0xE6546B64) & _WORD ^ 4
    found = ((found ^ found >> 16) * 0x85EBCA6B) & _WORD
    found = ((found ^ found >> 13) * 0xC2B2AE35) & _WORD
    found ^= found >> 16
    return found - (1 << 32) if found >> 31 else found


def _rotated(word: int, bits: int) -> int:
    word &= _WORD
    return (word << bits | word >> (32 - bits)) & _WORD
