"""The point-in-time join: every label row gets the feature values that were known at its time."""

from collections.abc import Callable, Sequence
from functools import partial, reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.shuffled import aggregate_by_shuffle
from tidegate.point_in_time.aggregates.together import put_together
from tidegate.point_in_time.bucketed import attach_by_buckets
from tidegate.point_in_time.checks import check_join
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.interval import attach_by_interval
from tidegate.point_in_time.planner import SLICE_WIDTH, JoinChoice, Strategy, choose_strategies
from tidegate.point_in_time.shuffled import attach_by_shuffle
from tidegate.point_in_time.sliced import attach_by_slices
from tidegate.point_in_time.union_window import attach_by_union
from tidegate.point_in_time.window_frames import outputs

_BY_WINDOWS: dict[Strategy, Callable[[DataFrame, str, Sequence[FeatureRows]], DataFrame]] = {
    "union window": attach_by_union,
    "interval": attach_by_interval,
    "broadcast": partial(attach_by_interval, broadcast=True),
    "sliced": partial(attach_by_slices, width=SLICE_WIDTH),
}


def point_in_time_join(
    labels: DataFrame,
    time: str,
    inputs: Sequence[FeatureRows | AggregateRows],
    provenance: bool = False,
    strategy: Strategy | None = None,
) -> DataFrame:
    """Attach to every label row the feature values and aggregates that were known at its time.

    The result has exactly one row for each label row, with the label columns unchanged. For each group, the join takes the
    newest event among those known at the label time. If this event is within the look-back, all features of the group come from
    its row; otherwise all of them are NULL. A NULL in a key or in the label time matches nothing. The strategy changes the
    speed, never a value.

    Args:
        labels: Rows with the entity keys and the label time.
        time: Name of the label time column, a timestamp.
        inputs: The feature groups, and aggregates of groups. Those with the same key share one shuffle of the labels.
        provenance: Whether to add the columns `<group>__event_time` and `<group>__available_at` of the chosen row, and for each
            aggregate `<feature>__rows`, `<feature>__event_time` and `<feature>__available_at`.
        strategy: The strategy for all groups. If None, the planner chooses one for each group.

    Raises:
        MissingColumnsError, JoinTypeError, SchemaMismatchError, NameClashError, StrategyError: The inputs can't be joined.
            Raised before any job starts.
        PySparkException: Two rows of a group have the same key, event_time and `available_at`, and no sequence column orders
            them. Raised when the result is computed, with "point-in-time join: tied rows" in its message. `ties_told` turns
            it into a TiedRowsError.
    """
    check_join(labels, time, inputs, provenance)
    joined = labels
    for together in _shared(choose_strategies(labels, inputs, strategy)):
        joined = _attach(joined, time, together, provenance)
    names = [*labels.columns, *(alias for rows in inputs for alias in rows.outputs(provenance).values())]
    # Selecting a hundred columns means a hundred calls into the JVM, which take as long as a small join.
    return joined if joined.columns == names else joined.select(*[F.col(f"`{name}`") for name in names])


def _shared(choices: Sequence[JoinChoice]) -> list[list[JoinChoice]]:
    """Divide the groups into those that can be joined in one pass over the labels."""
    passes: dict[tuple[object, ...], list[JoinChoice]] = {}
    for choice in choices:
        in_one = choice.strategy == "bucketed" and choice.rows.stored is not None and choice.rows.stored.buckets == 1
        buckets = choice.rows.stored.buckets if choice.strategy == "bucketed" and choice.rows.stored else 0
        # A task can read a single bucket whatever labels it has, so the entity keys need not be the same.
        key = () if in_one else choice.rows.entity_key
        passes.setdefault((choice.strategy, buckets, key), []).append(choice)
    return list(passes.values())


def _attach(labels: DataFrame, time: str, choices: Sequence[JoinChoice], provenance: bool) -> DataFrame:
    strategy = choices[0].strategy
    groups = [choice.rows for choice in choices if isinstance(choice.rows, FeatureRows)]
    aggregates = put_together([choice.rows for choice in choices if isinstance(choice.rows, AggregateRows)])
    if strategy == "bucketed":
        return attach_by_buckets(labels, time, [*groups, *aggregates], provenance)
    joined = labels
    for each in aggregates:
        joined = aggregate_by_shuffle(joined, time, each, provenance)
    if strategy == "shuffled":
        return reduce(lambda left, rows: attach_by_shuffle(left, time, rows, provenance), groups, joined)
    if not groups:
        return joined
    attached = _BY_WINDOWS[strategy](joined, time, groups)
    return attached.select(*[F.col(f"`{name}`") for name in joined.columns], *outputs(groups, time, provenance))
