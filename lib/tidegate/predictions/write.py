"""Append a batch of predictions to its table. A row that is stored is never changed."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.predictions.columns import ARM, PREDICTION_TIME, RELEASE, REVISION
from tidegate.predictions.revisions import EFFECT, with_revisions
from tidegate.predictions.shape import prepared_table
from tidegate.predictions.table import PredictionTable
from tidegate.subjects.suppression import SUPPRESSED
from tidegate.subjects.suppression_check import suppression_check
from tidegate.tables.buckets import ROWS_PER_FILE
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.read import current_version, read_newest
from tidegate.tables.store import Store
from tidegate.tables.write import MergeRule, TimeBounds, append_rows, merge_rows

_SUPPRESSED = "suppressed"


@dataclass(frozen=True)
class PredictionsWritten:
    """The result of writing a batch of predictions.

    Attributes:
        table_version: Delta version of the table after the write.
        rows: Rows of the batch. It is the sum of the following counts.
        inserted: Predictions of an entity and time that had no current row. If the predictions are not served: that had no row
            of the same release and arm.
        updated: Predictions that take the place of such a row. The table keeps both.
        unchanged: Predictions that are such a row already. They were not written.
        suppressed: Predictions for erased people. They were not written.
    """

    table_version: int
    rows: int
    inserted: int
    updated: int
    unchanged: int
    suppressed: int = 0


@dataclass(frozen=True)
class BatchCheck:
    """A check of a batch before it is committed. Its counts are taken in the same pass that compares the batch with the table.

    Attributes:
        counts: Aggregates over the rows of the batch, by name. Rows of erased people are not counted.
        refuse: A function that gets the number of rows and the counts. It raises an error if the batch must not be written.
    """

    counts: Mapping[str, Column]
    refuse: Callable[[int, Mapping[str, int]], None]


NO_CHECK = BatchCheck({}, lambda rows, counts: None)


def write_predictions(
    store: Store,
    table: PredictionTable,
    rows: DataFrame,
    span: tuple[datetime, datetime],
    check: BatchCheck = NO_CHECK,
) -> PredictionsWritten:
    """Append the predictions that differ from those in force, each with its revision.

    Writing the same batch again writes nothing, unless another release has written its predictions in between.

    Args:
        store: The store.
        table: The prediction table. It is created if it does not exist.
        rows: Rows with the entity key, prediction_time, the carried columns, those of the task and the provenance columns.
        span: The first prediction time of the batch, and the moment after the last. Stored rows outside the span are not read.
        check: A check of the batch. If it raises an error, nothing is committed.

    Raises:
        PredictionColumnsError: The table has another entity key, the columns of another task, or a column of another type. No
            row was scored and nothing was written.
    """
    path = store.layout.predictions(table.name)
    complete = prepared_table(store, path, table, rows)
    keys, bounds = [*table.entity_key, PREDICTION_TIME], TimeBounds(PREDICTION_TIME, *span)
    # Without the lock, a commit of another driver between comparison and commit could write the same revision, and the commit of
    # an erasure would be undone.
    with exclusive(store.spark, path):
        people = suppression_check(store, path, table.subjects)
        stored = read_newest(store.spark, path).where(bounds.condition())
        marked = people.mark(with_revisions(complete, stored, keys))
        # A checkpoint and not persist(): with persist, a MERGE would plan the join of all feature groups again, which takes
        # longer than scoring a day.
        compared = _with_suppressed(marked).localCheckpoint(eager=False)
        counts = _checked_counts(compared, check)
        changes = compared.where(F.col(EFFECT).isin("inserted", "updated")).drop(EFFECT)
        _commit(store, path, changes, counts, MergeRule([*keys, RELEASE, ARM, REVISION], bounds, only_inserts=True))
        if (latest := people.remove_late_rows()) is not None:
            late = latest.effects_on_suppressed(compared.where(F.col(EFFECT) != _SUPPRESSED), EFFECT)
            counts = counts - late + Counter({_SUPPRESSED: late.total()})
        version = current_version(store.spark, path)
    counted = {name: counts[name] for name in ("inserted", "updated", "unchanged", _SUPPRESSED)}
    return PredictionsWritten(version, sum(counted.values()), **counted)


def _with_suppressed(marked: DataFrame) -> DataFrame:
    """Replace the mark of rows of erased people by an effect of its own."""
    return marked.withColumn(EFFECT, F.when(F.col(SUPPRESSED), _SUPPRESSED).otherwise(F.col(EFFECT))).drop(SUPPRESSED)


def _commit(store: Store, path: str, changes: DataFrame, counts: Counter[str], rule: MergeRule) -> None:
    """Append the new rows in one commit; nothing is committed if there are none."""
    added = counts["inserted"] + counts["updated"]
    if added and store.is_local:
        append_rows(changes.coalesce(1 + added // ROWS_PER_FILE), path)
    elif added:
        # Where there is no lock, Delta lets a MERGE fail if another driver added rows of the same key.
        merge_rows(store.spark, path, changes, rule)


def _checked_counts(compared: DataFrame, check: BatchCheck) -> Counter[str]:
    """Count the rows of each effect, and check the batch without the rows of erased people. This runs one action."""
    wanted = [column.alias(f"_count_{place}") for place, column in enumerate(check.counts.values())]
    found = compared.groupBy(EFFECT).agg(F.count(F.lit(1)).alias("rows"), *wanted).collect()
    counts = Counter({row[EFFECT]: row["rows"] for row in found})
    kept = [row for row in found if row[EFFECT] != _SUPPRESSED]
    totals = {name: sum(row[f"_count_{place}"] for row in kept) for place, name in enumerate(check.counts)}
    check.refuse(sum(row["rows"] for row in kept), totals)
    return counts
