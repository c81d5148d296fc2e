"""Count the rows of a batch by verdict and compute statistics of their values.

This takes one pass over the rows. For a large batch a second pass runs at the same time.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.util import inheritable_thread_target

from tidegate.expectations.row_checks import broken_counts, broken_found
from tidegate.feature_groups.catalog.statistics import FeatureStatistics, Part, feature_statistics, statistics_columns
from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.writing.group_row_checks import row_checks
from tidegate.feature_groups.writing.order import OrderedRows
from tidegate.feature_groups.writing.validate import IS_ACCEPTED, VERDICT
from tidegate.moments import moment_of
from tidegate.tables.estimate import estimated_bytes

_MEASURED, _WORD = "_measured", "_buckets_from_"
_BITS = 64
_REFUSED = ("failed", "quarantined", "dropped", "conflicting", "collapsed", "older", "suppressed")
# With more buckets than this, a scan gets no list of buckets, because the batch touches most of the table anyway.
_LISTED_BUCKETS = 64


@dataclass(frozen=True)
class BatchCounts:
    """The number of rows of a batch with each verdict, and the times and buckets of the accepted rows.

    Attributes:
        read: All rows of the batch. It is the sum of the counts from `accepted` to `suppressed`.
        accepted: Rows that are compared with the table.
        failed: Rows that break an expectation with the action `fail`, which stops the batch.
        quarantined: Rows that go to the quarantine.
        dropped: Rows that break an expectation with the action `drop`. They are not written.
        conflicting: Rows with other values than another row of the same observation; in an immutable group also tombstones.
        collapsed: Rows that repeat another row of the batch.
        older: Rows that became known earlier than another row of the same event.
        suppressed: Rows of erased people.
        broken: For each check by name, the number of rows that break it.
        earliest: The first event_time of the accepted rows; None if there are none.
        latest: The last event_time of the accepted rows; None if there are none.
        newest: The newest available_at of the accepted rows; None if there are none.
        buckets: The buckets of the accepted rows.
        statistics: A function that returns the statistics of the accepted rows' features. It waits if they are still being
            computed.
    """

    read: int
    accepted: int
    failed: int
    quarantined: int
    dropped: int
    conflicting: int
    collapsed: int
    older: int
    suppressed: int
    broken: Mapping[str, int]
    earliest: datetime | None
    latest: datetime | None
    newest: datetime | None
    buckets: tuple[int, ...]
    statistics: Callable[[], tuple[FeatureStatistics, ...]]

    @property
    def listed_buckets(self) -> tuple[int, ...] | None:
        """The buckets of the accepted rows; None if there are so many that a scan should not get a list."""
        return self.buckets if len(self.buckets) <= _LISTED_BUCKETS else None


def count(ordered: OrderedRows, side: Executor) -> BatchCounts:
    """Count the rows of a batch by verdict and compute their statistics.

    Args:
        ordered: The rows.
        side: An executor. It runs the second job of a large batch while the caller goes on with the counts.
    """
    group, buckets = ordered.target.group, ordered.target.buckets
    checks = row_checks(group)
    wanted = [*_counts_and_places(buckets), *broken_counts(checks, f"{VERDICT} <> 'suppressed'")]
    rows = ordered.rows.withColumn(_MEASURED, F.expr(f"{IS_ACCEPTED} AND NOT {TOMBSTONE}"))
    is_large = (estimated_bytes(rows) or 0) > ordered.target.sizes.many_bytes
    counted = _aggregated(rows, [*map(F.expr, wanted), *_measures(group, "others" if is_large else "all")])
    sketches = _measures(group, "sketches") if is_large else []
    sketched = [side.submit(inheritable_thread_target(rows.sparkSession)(_aggregated), rows, sketches)] if sketches else []
    return BatchCounts(
        **{name: counted[name] for name in ("read", "accepted", *_REFUSED)},
        broken=broken_found(checks, [counted]),
        earliest=_moment(counted["earliest"]),
        latest=_moment(counted["latest"]),
        newest=_moment(counted["newest"]),
        buckets=_buckets_in(counted, buckets),
        statistics=lambda: feature_statistics(group, counted, *[more.result() for more in sketched]),
    )


def _measures(group: FeatureGroup, part: Part) -> list[Column]:
    return statistics_columns(group, _MEASURED, part)


def _counts_and_places(buckets: int) -> list[str]:
    """Return aggregates that count the rows of each verdict and find the times and buckets of the accepted rows."""
    return [
        "count(1) AS read",
        f"count_if({IS_ACCEPTED}) AS accepted",
        *[f"count_if({VERDICT} = '{name}') AS {name}" for name in _REFUSED],
        f"unix_micros(min(if({IS_ACCEPTED}, {EVENT_TIME}, NULL))) AS earliest",
        f"unix_micros(max(if({IS_ACCEPTED}, {EVENT_TIME}, NULL))) AS latest",
        f"unix_micros(max(if({IS_ACCEPTED}, {AVAILABLE_AT}, NULL))) AS newest",
        *_bucket_bits(buckets),
    ]


def _bucket_bits(buckets: int) -> list[str]:
    """Return aggregates with a bit for each bucket of an accepted row. With `collect_set`, Spark could not compile them."""
    bit = f"shiftleft(1L, {BUCKET} % {_BITS})"
    words = range(0, buckets, _BITS)
    is_in = [f"{IS_ACCEPTED} AND {BUCKET} DIV {_BITS} = {first // _BITS}" for first in words]
    return [f"bit_or(if({each}, {bit}, 0L)) AS {_WORD}{first}" for first, each in zip(words, is_in, strict=True)]


def _buckets_in(counted: Row, buckets: int) -> tuple[int, ...]:
    words = {first: counted[f"{_WORD}{first}"] or 0 for first in range(0, buckets, _BITS)}
    return tuple(number for number in range(buckets) if words[number - number % _BITS] >> number % _BITS & 1)


def _aggregated(rows: DataFrame, wanted: list[Column]) -> Row:
    row = rows.agg(*wanted).first()
    if row is None:
        raise RuntimeError("an aggregate without grouping returned no row")
    return row


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else moment_of(micros)
