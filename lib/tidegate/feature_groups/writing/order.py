"""Step 3 of a write: of several rows of one event, find the one that counts. No job starts."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, FeatureGroup
from tidegate.feature_groups.values import row_values
from tidegate.feature_groups.writing.pairs import is_first_load
from tidegate.feature_groups.writing.target import Target
from tidegate.feature_groups.writing.validate import ACCEPTED, IS_ACCEPTED, VERDICT, ValidatedRows
from tidegate.schema import quoted
from tidegate.subjects.suppression_check import SuppressionCheck
from tidegate.tables.checkpoint import checkpointed


@dataclass(frozen=True)
class OrderedRows:
    """Rows of a batch, put in order or as they came.

    Attributes:
        target: The table that they go into.
        check: The suppression list that they were validated by.
        rows: The columns of `ValidatedRows.rows`; computed once, by the first action on them.
        in_order: Whether at most one row of each observation is `accepted`. Then the verdict of the others is `older` (known
            earlier), `collapsed` (the same values) or `conflicting` (other values). If not, rows of one observation may all
            be `accepted`.
    """

    target: Target
    check: SuppressionCheck
    rows: DataFrame
    in_order: bool


def ways_to_order(validated: ValidatedRows) -> Iterator[OrderedRows]:
    """Yield the rows for one attempt after the other to write them: as they came where that may do, in the end in order.

    To put rows in order takes a shuffle and a sort. Most batches have one row of each observation and don't need it; the
    comparison with the table, which shuffles and sorts anyway, finds the batches that do.
    """
    target = validated.target
    if target.batch.state is None and not target.marks and not is_first_load(target):
        yield OrderedRows(target, validated.check, checkpointed(validated.rows), in_order=False)
    yield OrderedRows(target, validated.check, checkpointed(_in_order(validated.rows, target.group)), in_order=True)


def _in_order(rows: DataFrame, group: FeatureGroup) -> DataFrame:
    """Change the verdict of all accepted rows of one observation but the one that counts."""
    order = [f"{AVAILABLE_AT} DESC"] + ([f"{quoted(group.sequence)} DESC"] if group.sequence else [])
    # A refused row must not come before an accepted one. The key is named first: a sort compares the first column fastest.
    apart = [*map(quoted, group.observation_key), IS_ACCEPTED]
    newest_first = f"OVER (PARTITION BY {', '.join(apart)} ORDER BY {', '.join(order)})"
    values = row_values(group)
    verdict = f"""CASE
        WHEN NOT {IS_ACCEPTED} THEN {VERDICT}
        WHEN row_number() {newest_first} = 1 THEN '{ACCEPTED}'
        WHEN rank() {newest_first} > 1 THEN 'older'
        WHEN {values} <=> first({values}) {newest_first} THEN 'collapsed'
        ELSE 'conflicting' END"""
    return rows.withColumn(VERDICT, F.expr(verdict))
