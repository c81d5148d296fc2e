"""Which strategy joins which group, and why; decided from what the table's log says, before anything runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_type

from tidegate.errors import StrategyError
from tidegate.point_in_time.feature_rows import FeatureRows

Strategy = Literal["bucketed", "shuffled", "interval", "union window", "broadcast", "sliced"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
# A table of one bucket is read by every task that has labels, up to so many rows.
MOST_ROWS_READ_BY_ALL = 2_000_000
# Up to so many rows go to every task with the labels left where they are.
MOST_ROWS_BROADCAST = 10_000
SLICE_WIDTH = timedelta(days=7)


@dataclass(frozen=True)
class JoinChoice:
    """How one group is joined.

    Attributes:
        rows: The group.
        strategy: The way.
        why: The reason, for people.
    """

    rows: FeatureRows
    strategy: Strategy
    why: str


def choose_strategies(labels: DataFrame, inputs: Sequence[FeatureRows], wanted: Strategy | None = None) -> list[JoinChoice]:
    """Choose for each group; a wrong guess costs time, never a row.

    Args:
        labels: The label rows; their schema alone is looked at.
        inputs: The groups.
        wanted: A strategy that the caller wants for all groups; None: the planner chooses.

    Raises:
        StrategyError: There is no such strategy, or a group can't be joined by it.
    """
    if wanted is not None and wanted not in STRATEGIES:
        raise StrategyError(str(wanted), "there is none of this name", STRATEGIES)
    return [_wanted(labels, rows, wanted) if wanted else _chosen(labels, rows) for rows in inputs]


def _wanted(labels: DataFrame, rows: FeatureRows, wanted: Strategy) -> JoinChoice:
    obstacles = {"bucketed": _why_not_bucketed, "shuffled": _why_not_native}
    obstacle = obstacles[wanted](labels, rows) if wanted in obstacles else None
    if obstacle is not None:
        raise StrategyError(wanted, f"feature group {rows.name}: {obstacle}", STRATEGIES)
    return JoinChoice(rows, wanted, "asked for")


def _chosen(labels: DataFrame, rows: FeatureRows) -> JoinChoice:
    if rows.stored is None:
        return _for_any_frame(labels, rows, "any frame")
    obstacle = _why_not_bucketed(labels, rows)
    count = rows.stored.rows
    if obstacle is None and rows.stored.buckets > 1:
        return JoinChoice(rows, "bucketed", f"{count:,} rows in {rows.stored.buckets} buckets: only the labels are shuffled")
    if obstacle is None and count <= MOST_ROWS_READ_BY_ALL:
        return JoinChoice(rows, "bucketed", f"{count:,} rows in one bucket: each task reads them, no row is shuffled")
    if obstacle is None:
        obstacle = f"{count:,} rows lie in one bucket (`maintain --rebucket` spreads them)"
    if count <= MOST_ROWS_BROADCAST:
        return JoinChoice(rows, "broadcast", f"{count:,} rows go to every task; not bucketed: {obstacle}")
    return _for_any_frame(labels, rows, f"{count:,} rows; not bucketed: {obstacle}")


def _for_any_frame(labels: DataFrame, rows: FeatureRows, why: str) -> JoinChoice:
    obstacle = _why_not_native(labels, rows)
    if obstacle is None:
        return JoinChoice(rows, "shuffled", f"{why}: one shuffle, joined in arrays")
    return JoinChoice(rows, "union window", f"{why}: windows of Spark, linear in the history; not shuffled: {obstacle}")


def _why_not_bucketed(labels: DataFrame, rows: FeatureRows) -> str | None:
    if rows.stored is None:
        return "its rows are a frame, not files of a table"
    return rows.stored.why_not or _why_not_native(labels, rows)


def _why_not_native(labels: DataFrame, rows: FeatureRows) -> str | None:
    for field in (*labels.schema.fields, *(rows.frame.schema[name] for name in rows.features)):
        if not _goes_through_arrow(field.dataType):
            return f"column {field.name} of type {field.dataType.simpleString()} does not go through Arrow"
    return None


def _goes_through_arrow(kind: T.DataType) -> bool:
    try:
        to_arrow_type(kind, timezone="UTC")
    except PySparkException:
        return False
    return True
