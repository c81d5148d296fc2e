"""Choose a join strategy for each group, with a reason, from the schemas and the table's log; no job runs for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, get_args

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_type

from tidegate.errors import DefinitionError, StrategyError
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.together import common_basis
from tidegate.point_in_time.aggregates.ways import chosen_way, why_not_in_buckets
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.stored_rows import MOST_ROWS_READ_BY_ALL

Strategy = Literal["bucketed", "shuffled", "interval", "union window", "broadcast", "sliced"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
# Up to this many rows are broadcast to every task, and the labels are not shuffled.
MOST_ROWS_BROADCAST = 10_000
SLICE_WIDTH = timedelta(days=7)
# Frames with more features are joined by window functions, which are faster then. CPU seconds of one shuffle and of the union
# window, with features of 8 bytes: 24.4 and 31.0 with 5 features (10 million rows), 4.1 and 3.3 with 30 (300,000 rows, busy
# machine), 23.3 and 19.3 with 120 (quiet machine). Where exactly between 5 and 30 the two cross was not measured.
MOST_FEATURES_SHUFFLED = 20


@dataclass(frozen=True)
class JoinChoice:
    """How one group is joined.

    Attributes:
        rows: The group, or the aggregates of a group.
        strategy: The strategy.
        why: The reason, as a text for people.
    """

    rows: FeatureRows | AggregateRows
    strategy: Strategy
    why: str


def choose_strategies(
    labels: DataFrame, inputs: Sequence[FeatureRows | AggregateRows], wanted: Strategy | None = None
) -> list[JoinChoice]:
    """Choose a strategy for each group. A wrong guess costs time, but never changes a row.

    Args:
        labels: The label rows. Only their schema is read.
        inputs: The groups.
        wanted: The strategy that the caller wants for all groups. If None, the planner chooses. Aggregates are computed in
            buckets or by a shuffle; the planner chooses between these where the caller wants another strategy.

    Raises:
        StrategyError: There is no such strategy, or it can't join one of the groups.
        DefinitionError: Aggregates read or return a column of a type that can't be converted to Arrow.
    """
    if wanted is not None and wanted not in STRATEGIES:
        raise StrategyError(str(wanted), "there is no strategy of this name", STRATEGIES)
    choices = [_choice(labels, rows, wanted) for rows in inputs]
    return [_with_others(choice, choices) for choice in choices]


def _choice(labels: DataFrame, rows: FeatureRows | AggregateRows, wanted: Strategy | None) -> JoinChoice:
    if isinstance(rows, AggregateRows):
        return _of_aggregates(labels, rows, wanted)
    return _wanted(labels, rows, wanted) if wanted else _chosen(labels, rows)


def _of_aggregates(labels: DataFrame, rows: AggregateRows, wanted: Strategy | None) -> JoinChoice:
    for field in labels.schema.fields:
        if not _goes_through_arrow(field.dataType):
            kind = field.dataType.simpleString()
            raise DefinitionError(
                f"aggregates of {rows.name}: column {field.name} of the labels has type {kind}, which can't be converted to "
                "Arrow. Leave it out, and join it to the result afterwards."
            )
    if wanted == "bucketed" and (obstacle := why_not_in_buckets(rows)) is not None:
        raise StrategyError(wanted, f"aggregates of {rows.name}: {obstacle}", STRATEGIES)
    chosen = chosen_way(rows)
    if wanted == "shuffled" or (wanted == "bucketed" and chosen.way != wanted):
        return JoinChoice(rows, wanted, "requested by the caller")
    return JoinChoice(rows, chosen.way, chosen.why)


def _with_others(choice: JoinChoice, choices: Sequence[JoinChoice]) -> JoinChoice:
    """Add to the reason which other aggregates are computed as one with these."""
    if not isinstance(choice.rows, AggregateRows):
        return choice
    basis = common_basis(choice.rows)
    others = [
        each.rows.name
        for each in choices
        if each is not choice and isinstance(each.rows, AggregateRows) and each.strategy == choice.strategy
        if common_basis(each.rows) == basis
    ]
    if not others:
        return choice
    shared = "the read and the sort" if choice.strategy == "bucketed" else "the read, the shuffle and the sort"
    return replace(choice, why=f"{choice.why}; shares {shared} with {', '.join(others)}")


def _wanted(labels: DataFrame, rows: FeatureRows, wanted: Strategy) -> JoinChoice:
    obstacles = {"bucketed": _why_not_bucketed, "shuffled": _why_not_shuffled}
    obstacle = obstacles[wanted](labels, rows) if wanted in obstacles else None
    if obstacle is not None:
        raise StrategyError(wanted, f"feature group {rows.name}: {obstacle}", STRATEGIES)
    return JoinChoice(rows, wanted, "requested by the caller")


def _chosen(labels: DataFrame, rows: FeatureRows) -> JoinChoice:
    if rows.stored is None:
        return _for_any_frame(labels, rows, "any frame")
    obstacle = _why_not_bucketed(labels, rows)
    count = rows.stored.rows
    if obstacle is None and rows.stored.buckets > 1:
        return JoinChoice(rows, "bucketed", f"{count:,} rows in {rows.stored.buckets} buckets: only the labels are shuffled")
    if obstacle is None and count <= MOST_ROWS_READ_BY_ALL:
        return JoinChoice(rows, "bucketed", f"{count:,} rows in one bucket: each task reads all of them, no row is shuffled")
    if obstacle is None:
        obstacle = f"all {count:,} rows are in one bucket (`maintain --rebucket` spreads them over several)"
    if count <= MOST_ROWS_BROADCAST:
        return JoinChoice(rows, "broadcast", f"{count:,} rows, copied to every task; not bucketed: {obstacle}")
    return _for_any_frame(labels, rows, f"{count:,} rows; not bucketed: {obstacle}")


def _for_any_frame(labels: DataFrame, rows: FeatureRows, why: str) -> JoinChoice:
    obstacle = _why_not_shuffled(labels, rows)
    if obstacle is None and len(rows.features) > MOST_FEATURES_SHUFFLED and not rows.has_tombstones:
        cost = f"{len(rows.features)} features, and above {MOST_FEATURES_SHUFFLED} they are faster than one shuffle"
        return JoinChoice(rows, "union window", f"{why}: Spark's window functions, since it has {cost}")
    if obstacle is None:
        return JoinChoice(rows, "shuffled", f"{why}: one shuffle, joined in native code")
    return JoinChoice(rows, "union window", f"{why}: Spark's window functions; not shuffled: {obstacle}")


def _why_not_bucketed(labels: DataFrame, rows: FeatureRows) -> str | None:
    if rows.stored is None:
        return "its rows come from a DataFrame, not from the files of a table"
    return rows.stored.why_not or _why_not_arrow([*labels.schema.fields, *(rows.frame.schema[name] for name in rows.features)])


def _why_not_shuffled(labels: DataFrame, rows: FeatureRows) -> str | None:
    # The features stay with Spark.
    return _why_not_arrow([*labels.schema.fields, *([rows.frame.schema[rows.sequence]] if rows.sequence else [])])


def _why_not_arrow(fields: Iterable[T.StructField]) -> str | None:
    for field in fields:
        if not _goes_through_arrow(field.dataType):
            return f"column {field.name} has type {field.dataType.simpleString()}, which can't be converted to Arrow"
    return None


def _goes_through_arrow(kind: T.DataType) -> bool:
    try:
        to_arrow_type(kind, timezone="UTC")
    except PySparkException:
        return False
    return True
