"""Order the rows of one batch: which of them counts for its key, and what is wrong with the others."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.util import inheritable_thread_target

from tidegate.errors import DuplicateRowsError
from tidegate.expectations.row_checks import BROKEN, broken_bits, broken_counts, broken_found, refusal
from tidegate.feature_groups.catalog.statistics import FeatureStatistics, feature_statistics, statistics_columns
from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.values import row_values
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.row_checks import row_checks
from tidegate.feature_groups.writing.shown_key import shown_key
from tidegate.moments import LAST, moment_column, moment_of
from tidegate.quarantine.table import ORIGIN
from tidegate.schema import quoted
from tidegate.subjects.suppression import SUPPRESSED
from tidegate.subjects.suppression_check import SuppressionCheck
from tidegate.tables.buckets import bucket_of
from tidegate.tables.estimate import estimated_bytes

STANDING = "_standing"
_COUNTED, _WORD = "_counted", "_buckets_from_"
_BITS = 64
_IS_WINNER = f"{STANDING} = 'winner'"
_COUNTS = ("failed", "quarantined", "dropped", "conflicting", "collapsed", "older", "suppressed")
# Up to so many buckets a scan is told which to read; more are most of the table anyway.
_LISTED_BUCKETS = 64
# From so many bytes on another job takes less time than generated code saves.
_MANY_BYTES = 4 << 20


@dataclass(frozen=True)
class IncomingFacts:
    """What one pass over a batch tells: counts of rows, and where the winners lie.

    Attributes:
        winners: Rows that count; with the other counts they make up `read`.
        failed: Rows that break an expectation which stops the batch.
        quarantined: Rows held back.
        dropped: Rows left out as expected.
        broken: By name of a check how many rows break it.
        earliest: First event_time of the winners; None without winners.
        latest: Last event_time.
        buckets: Buckets of the winners.
        statistics: Returns what the winners that are no tombstones say of each feature; waits where that is still computed.
    """

    read: int
    winners: int
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
    buckets: tuple[int, ...]
    statistics: Callable[[], tuple[FeatureStatistics, ...]]

    @property
    def listed_buckets(self) -> tuple[int, ...] | None:
        """The buckets, or None where they are too many to be worth a list."""
        return self.buckets if len(self.buckets) <= _LISTED_BUCKETS else None


def completed(frame: DataFrame, group: FeatureGroup, batch: Batch) -> DataFrame:
    """Fill in when each row became known and whether it is a tombstone; a tombstone has no values."""
    is_tombstone = F.coalesce(F.col(TOMBSTONE), F.lit(False)) if TOMBSTONE in frame.columns else F.lit(False)
    # What stands in a state is known, as it stands there, from the state's moment on.
    known = when_known(group, batch.arrived_at) if batch.state is None else moment_column(batch.state.moment)
    place = [ORIGIN] if ORIGIN in frame.columns else []
    frame = frame.withColumns({TOMBSTONE: is_tombstone, AVAILABLE_AT: known})
    values = [f"if({TOMBSTONE}, NULL, {name}) AS {name}" for name in map(quoted, group.feature_names)]
    return frame.selectExpr(*map(quoted, group.entity_key), *values, EVENT_TIME, AVAILABLE_AT, TOMBSTONE, *place)


def when_known(group: FeatureGroup, arrived_at: datetime | None) -> Column:
    """Return when a row of a batch of changes became known: its own `available_at`, else what delay and arrival say."""
    # Past the calendar's end a moment could be stored, but nobody could read it in Python. Not `least`, which passes over NULL.
    known = F.col(EVENT_TIME) + F.lit(group.delay)
    known = F.when(known > moment_column(LAST), moment_column(LAST)).otherwise(known)
    if arrived_at is not None:
        known = F.greatest(known, moment_column(arrived_at))
    return F.coalesce(AVAILABLE_AT, known)


def judged(rows: DataFrame, group: FeatureGroup, buckets: int, check: SuppressionCheck | None) -> DataFrame:
    """Add `_bucket`, `_broken` and `_standing`; one row in, one out.

    The standing is suppressed, failed, quarantined or dropped; of all others winner, as they are where a batch tells of each
    observation once.
    """
    checks = row_checks(group)
    rows = rows.withColumns({BUCKET: bucket_of(group.entity_key, buckets), BROKEN: broken_bits(checks)})
    refused = refusal(checks)
    if check is not None and check.suppression is not None:
        rows = check.mark(rows)
        refused = f"if({SUPPRESSED}, 'suppressed', {refused})"
    return rows.withColumn(STANDING, F.expr(f"coalesce({refused}, 'winner')")).drop(SUPPRESSED)


def in_order(judged: DataFrame, group: FeatureGroup) -> DataFrame:
    """Tell the winners of one observation apart: one stays winner, the others are older, collapsed or conflicting."""
    order = [f"{AVAILABLE_AT} DESC"] + ([f"{quoted(group.sequence)} DESC"] if group.sequence else [])
    # A row that is refused must not win over one that isn't. The key comes first: a sort compares the first column fastest.
    apart = [*map(quoted, group.observation_key), f"{STANDING} = 'winner'"]
    newest_first = f"OVER (PARTITION BY {', '.join(apart)} ORDER BY {', '.join(order)})"
    values = row_values(group)
    standing = f"""CASE
        WHEN {STANDING} <> 'winner' THEN {STANDING}
        WHEN row_number() {newest_first} = 1 THEN 'winner'
        WHEN rank() {newest_first} > 1 THEN 'older'
        WHEN {values} <=> first({values}) {newest_first} THEN 'collapsed'
        ELSE 'conflicting' END"""
    return judged.withColumn(STANDING, F.expr(standing))


def incoming_facts(staged: DataFrame, group: FeatureGroup, buckets: int, beside: Executor) -> IncomingFacts:
    """Count the rows of each standing; one action.

    Args:
        staged: The judged rows, kept.
        group: Their feature group.
        buckets: In how many buckets its table lies.
        beside: Runs the other action that statistics of a large batch take, while the caller goes on with what is counted here.
    """
    checks = row_checks(group)
    wanted = [*_counts_and_places(buckets), *broken_counts(checks, f"{STANDING} <> 'suppressed'")]
    staged = staged.withColumn(_COUNTED, F.expr(f"{_IS_WINNER} AND NOT {TOMBSTONE}"))
    is_large = (estimated_bytes(staged) or 0) > _MANY_BYTES
    facts = _aggregated(staged, [*map(F.expr, wanted), *statistics_columns(group, _COUNTED, "others" if is_large else "all")])
    sketches = statistics_columns(group, _COUNTED, "sketches") if is_large else []
    sketched = [beside.submit(inheritable_thread_target(staged.sparkSession)(_aggregated), staged, sketches)] if sketches else []
    return IncomingFacts(
        **{name: facts[name] for name in ("read", "winners", *_COUNTS)},
        broken=broken_found(checks, [facts]),
        earliest=_moment(facts["earliest"]),
        latest=_moment(facts["latest"]),
        buckets=_buckets_in(facts, buckets),
        statistics=lambda: feature_statistics(group, facts, *[more.result() for more in sketched]),
    )


def _counts_and_places(buckets: int) -> list[str]:
    """Return aggregates that count the rows of each standing, and say where the winners lie."""
    return [
        "count(1) AS read",
        f"count_if({_IS_WINNER}) AS winners",
        *[f"count_if({STANDING} = '{name}') AS {name}" for name in _COUNTS],
        f"unix_micros(min(if({_IS_WINNER}, {EVENT_TIME}, NULL))) AS earliest",
        f"unix_micros(max(if({_IS_WINNER}, {EVENT_TIME}, NULL))) AS latest",
        *_bucket_bits(buckets),
    ]


def _bucket_bits(buckets: int) -> list[str]:
    """Return aggregates that have a bit for each bucket of a winner: a set in it would keep an aggregate from being compiled."""
    bit = f"shiftleft(1L, {BUCKET} % {_BITS})"
    words = range(0, buckets, _BITS)
    is_in = [f"{_IS_WINNER} AND {BUCKET} DIV {_BITS} = {first // _BITS}" for first in words]
    return [f"bit_or(if({each}, {bit}, 0L)) AS {_WORD}{first}" for first, each in zip(words, is_in, strict=True)]


def _buckets_in(facts: Row, buckets: int) -> tuple[int, ...]:
    return tuple(number for number in range(buckets) if (facts[f"{_WORD}{number - number % _BITS}"] or 0) >> number % _BITS & 1)


def _aggregated(staged: DataFrame, wanted: list[Column]) -> Row:
    row = staged.agg(*wanted).first()
    if row is None:
        raise RuntimeError("an aggregate without grouping returned no row")
    return row


def refuse_conflicts(facts: IncomingFacts, staged: DataFrame, group: FeatureGroup) -> None:
    """Raise DuplicateRowsError where two rows of the batch claim the same place and say different things."""
    if facts.conflicting:
        example = staged.where(F.col(STANDING) == "conflicting").select(shown_key(group).alias("key")).first()
        raise DuplicateRowsError(group.full_name, facts.conflicting, example["key"] if example else "")


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else moment_of(micros)
