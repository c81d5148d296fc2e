"""Step 3 of a write: if a batch has several rows of one event, find the row that counts. No job starts."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, FeatureGroup
from tidegate.feature_groups.equal_values import row_values
from tidegate.feature_groups.writing.pairs import is_first_load, is_written_at_once
from tidegate.feature_groups.writing.target import Target
from tidegate.feature_groups.writing.validate import ACCEPTED, IS_ACCEPTED, VERDICT, ValidatedRows
from tidegate.schema import quoted
from tidegate.subjects.suppression_check import SuppressionCheck
from tidegate.tables.checkpoint import checkpointed


@dataclass(frozen=True)
class OrderedRows:
    """The rows of a batch, ordered or not.

    Attributes:
        target: The table that the rows are written to.
        check: The suppression list that was used.
        rows: Rows with the columns of `ValidatedRows.rows`. The first action computes them; later actions read the result.
        in_order: Whether the rows were ordered. If true, at most one row of each observation is `accepted`. The verdict of the
            others is `older` (known earlier), `collapsed` (the same values) or `conflicting` (different values). In an immutable
            group, the row of an event that became known first is accepted, and no row is `older`. If false, several rows of one
            observation may be `accepted`.
    """

    target: Target
    check: SuppressionCheck
    rows: DataFrame
    in_order: bool


def ways_to_order(validated: ValidatedRows) -> Iterator[OrderedRows]:
    """Yield the rows for each attempt to write them: first unordered if that may be enough, and last ordered.

    Ordering takes a shuffle and a sort. Most batches have only one row of each observation, so they don't need it. The comparison
    with the table, or the write of a first load, shuffles and sorts anyway, and it finds the batches that must be ordered.
    """
    target, rows = validated.target, validated.rows
    if target.batch.state is None and not target.marks and (is_written_at_once(target) or not is_first_load(target)):
        rows = checkpointed(rows)
        yield OrderedRows(target, validated.check, rows, in_order=False)
    yield OrderedRows(target, validated.check, checkpointed(_in_order(rows, target.group)), in_order=True)


def _in_order(rows: DataFrame, group: FeatureGroup) -> DataFrame:
    """Keep the verdict `accepted` for one row of each observation, and change it for the other accepted rows of it."""
    order = [f"{AVAILABLE_AT} {'ASC' if group.immutable else 'DESC'}"] + (
        [f"{quoted(group.sequence)} DESC"] if group.sequence else []
    )
    # Accepted and other rows are ordered apart, so that a row that is not accepted can't come before an accepted one. The key
    # columns come first, because Spark compares the first sort column fastest.
    apart = [*map(quoted, group.observation_key), IS_ACCEPTED]
    best_first = f"OVER (PARTITION BY {', '.join(apart)} ORDER BY {', '.join(order)})"
    values = row_values(group)
    # Rows of an immutable event must have equal values, whenever they became known.
    is_older = "false" if group.immutable else f"rank() {best_first} > 1"
    verdict = f"""CASE
        WHEN NOT {IS_ACCEPTED} THEN {VERDICT}
        WHEN row_number() {best_first} = 1 THEN '{ACCEPTED}'
        WHEN {is_older} THEN 'older'
        WHEN {values} <=> first({values}) {best_first} THEN 'collapsed'
        ELSE 'conflicting' END"""
    return rows.withColumn(VERDICT, F.expr(verdict))
