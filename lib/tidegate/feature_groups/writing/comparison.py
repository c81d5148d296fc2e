"""Compare a batch with its group's table, and count what became of its rows."""

from collections import Counter
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import BUCKET, EVENT_TIME
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.compaction import MOST_HIDDEN
from tidegate.feature_groups.writing.full_states import in_scope, later_vanished, vanished_rows
from tidegate.feature_groups.writing.incoming import IncomingFacts
from tidegate.feature_groups.writing.outcomes import DERIVED, FATE, GOES, OUTCOME, REPEATED, REPLACING, related_rows, with_outcome
from tidegate.feature_groups.writing.pairs import can_pair, paired, stay_in_buckets
from tidegate.feature_groups.writing.settled import recent_rows
from tidegate.feature_groups.writing.target import Target
from tidegate.schema import quoted
from tidegate.tables.checkpoint import checkpointed
from tidegate.tables.commits.file_commit import FILE, can_mark_rows, with_places
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.read import file_count, table_bytes

# So few bytes are written anew in less time than a MERGE takes for its many Spark jobs.
_SMALL_TABLE = 4 << 20
# In larger tables, batches below that write no bucket anew, without a look at how many rows the table's files have.
_FEWEST_FOR_REWRITE = 50_000


@dataclass(frozen=True)
class Counts:
    """How many rows have each outcome, of those read and of those concluded from full states, and each fate, of those stored."""

    read: Counter[str]
    derived: Counter[str]
    stored: Counter[str]

    def rows(self, *outcomes: str) -> int:
        """Rows of these outcomes, read or concluded."""
        return sum(self.read[name] + self.derived[name] for name in outcomes)


@dataclass(frozen=True)
class Comparison:
    """A batch beside its table.

    Attributes:
        rows: The rows of the batch, and the tombstones that full states tell of, with `_derived` and `_outcome`; stored rows
            with `_fate`; computed. Where a stored row stays in the place of a new one, the new one's outcome stands beside it.
        counts: How many there are of each outcome.
        replacing: How many of them take the place of a stored row.
        anew: The buckets that are cheaper to write anew than to merge into; all their stored rows that stay stand in `rows`.
        by_bucket: Whether `rows` are divided among tasks by their buckets.
        touched: Names of the files that hold rows which go, where these stand in `rows` with the places where they lie; else
            None.
    """

    rows: DataFrame
    counts: Counts
    replacing: int
    anew: tuple[int, ...] | None
    by_bucket: bool
    touched: frozenset[str] | None


class UnorderedRowsError(Exception):
    """The rows of a batch have to be put in order first: it tells of one observation twice; for the caller alone."""


def is_first_load(target: Target, batch: Batch) -> bool:
    """Tell whether there is nothing that the batch could be compared with."""
    return can_pair(target, batch) and file_count(target.store.spark, target.path) == 0


def compare(target: Target, winners: DataFrame, facts: IncomingFacts, batch: Batch, ordered: bool) -> Comparison:
    """Give each row of the batch its outcome; two actions.

    Args:
        target: The table.
        winners: Rows of the batch that count for their keys.
        facts: Where they lie.
        batch: What is known of the batch.
        ordered: Whether the winners are surely of different observations.

    Raises:
        UnorderedRowsError: They are not.
    """
    is_small = table_bytes(target.store.spark, target.path) <= _SMALL_TABLE
    whole = _buckets_to_hold(target, facts, batch, is_small)
    # Elsewhere no lock keeps other writers from adding rows between the comparison and the commit, and Delta numbers the rows of
    # a file only where they can be marked.
    places = whole is None and target.store.is_local and can_mark_rows(target.store.spark, target.path)
    by_bucket = False
    if ordered and is_first_load(target, batch):
        compared = winners.selectExpr("*", f"false AS {DERIVED}", f"'inserted' AS {OUTCOME}", f"'' AS {FATE}")
    elif whole is not None and can_pair(target, batch):
        by_bucket = stay_in_buckets(target.store.spark, target.buckets)
        compared = paired(target, winners, target.rows.where(F.col(BUCKET).isin(list(whole))), ordered, by_bucket)
    else:
        compared = _with_outcomes(target, winners, facts, batch, whole, places)
    rows = checkpointed(compared)
    counts, touched = _count(rows, places)
    if counts.rows(REPEATED):
        raise UnorderedRowsError
    replacing = counts.rows(*REPLACING) if target.group.history == "latest" else counts.rows("replaced")
    if (places or whole is not None) and counts.stored[GOES] != replacing:
        raise RuntimeError(f"{target.path}: {replacing} rows would replace {counts.stored[GOES]}")
    # A MERGE into a larger table would hide so many rows that the buckets would be compacted next.
    is_cheaper = is_small or replacing * MOST_HIDDEN > counts.stored.total()
    return Comparison(rows, counts, replacing, whole if is_cheaper else None, by_bucket, touched)


def _buckets_to_hold(target: Target, facts: IncomingFacts, batch: Batch, is_small: bool) -> tuple[int, ...] | None:
    """Return the batch's buckets where they are so small beside it that writing them anew can be the cheapest."""
    if not target.store.is_local or not (is_small or facts.winners >= _FEWEST_FOR_REWRITE):
        return None
    if is_small:
        return tuple(range(target.buckets))
    files = data_files(target.store.spark, target.path, BUCKET, EVENT_TIME)
    buckets = tuple(range(target.buckets)) if batch.state is not None else facts.buckets
    stored = sum(file.rows - file.hidden for file in files if int(file.partition) in buckets)
    return buckets if stored and facts.winners * MOST_HIDDEN > stored else None


def _with_outcomes(
    target: Target, winners: DataFrame, facts: IncomingFacts, batch: Batch, whole: tuple[int, ...] | None, places: bool
) -> DataFrame:
    group, state = target.group, batch.state
    stored = with_places(target.rows) if places else target.rows
    if whole is not None:
        related = stored.where(F.col(BUCKET).isin(list(whole)))
    elif state is not None:
        related = in_scope(stored, state)
    else:
        related = related_rows(stored, winners, group, facts)
    rows = winners.withColumn(DERIVED, F.lit(False))
    if state is not None or target.marks:
        seen = related.selectExpr(*map(quoted, group.stored_schema.names))
        tombstones = [] if state is None else [vanished_rows(seen, winners, group, state)]
        later = later_vanished(seen, recent_rows(winners, target.settled), group, target.marks, state)
        for more in [*tombstones, *([later] if later is not None else [])]:
            # Off local paths an erasure may remove the stored row before its tombstone, which has the same key, is committed.
            rows = rows.unionByName(target.check.without_suppressed(more).withColumn(DERIVED, F.lit(True)))
    return with_outcome(rows, related, group, target.settled, "all" if whole is not None else "goes" if places else "none")


def _count(compared: DataFrame, has_places: bool) -> tuple[Counts, frozenset[str] | None]:
    """Count the rows of each outcome and fate, and name the files of those that go."""
    counts, touched = Counts(Counter(), Counter(), Counter()), set[str]()
    names_files = has_places and FILE in compared.columns
    # A set in it keeps an aggregate from being compiled, which shows where whole buckets are compared.
    files = [F.collect_set(F.when(F.col(FATE) == GOES, F.substring_index(FILE, "/", -1))).alias("files")] if names_files else []
    for row in compared.groupBy(DERIVED, OUTCOME, FATE).agg(F.expr("count(1) AS rows"), *files).collect():
        if row[OUTCOME]:
            (counts.derived if row[DERIVED] else counts.read)[row[OUTCOME]] += row["rows"]
        if row[FATE]:
            counts.stored[row[FATE]] += row["rows"]
        if names_files:
            touched |= set(row["files"])
    return counts, frozenset(touched) if has_places else None
