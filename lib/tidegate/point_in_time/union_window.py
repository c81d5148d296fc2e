"""The union-window strategy: sort the union of labels and feature rows by key and time, and take a running last value.

It is the reference for the other strategies, because it uses only Spark's window functions and takes any frame. It needs one
shuffle and sort of the union, and its cost is linear in the length of the history.
"""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.ties import raise_tie
from tidegate.point_in_time.window_frames import (
    EVENT,
    LABEL,
    ROW,
    SEQUENCE,
    TIME,
    Side,
    feature_side,
    key_names,
    label_side,
    row_name,
)

# The order of rows at the same moment: rows that a label at this moment may get sort before it, the others after it.
_BEFORE_LABEL, _LABEL, _AFTER_LABEL = 0, 1, 2
_SIDE, _SOURCE = "_side", "_source"


def attach_by_union(labels: DataFrame, time: str, inputs: Sequence[FeatureRows]) -> DataFrame:
    """Add one struct column per group: the newest row known at the label time. All groups must have the same entity key."""
    key = inputs[0].entity_key
    return last_known(label_side(labels, time, key), [feature_side(rows) for rows in inputs], key_names(key))


def last_known(labels: DataFrame, sides: Sequence[Side], partition: Sequence[str]) -> DataFrame:
    """Return the columns of the labels and the chosen row of each group.

    Args:
        labels: The label side, as `label_side` returns it.
        sides: The feature sides.
        partition: Columns that both sides have. A label gets rows of its own partition only.
    """
    named = [_union_side(side, source, partition) for source, side in enumerate(sides)]
    union = reduce(
        lambda left, right: left.unionByName(right, allowMissingColumns=True), named, labels.withColumn(_SIDE, F.lit(_LABEL))
    )
    sequences = [_named(SEQUENCE, source) for source, side in enumerate(sides) if SEQUENCE in side.frame.columns]
    order = [TIME, _SIDE, _SOURCE, EVENT, *sequences]
    in_order = Window.partitionBy(*partition).orderBy(*order)
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    newest = [
        F.max(F.when(F.col(_SOURCE) == source, F.col(EVENT))).over(so_far).alias(_named("_newest", source))
        for source in range(len(sides))
    ]
    # Compared one by one, because a struct would be built for every row.
    same = [F.col(name).eqNullSafe(F.lag(name).over(in_order)) for name in order]
    same_place = reduce(Column.__and__, same) & (F.col(_SIDE) != _LABEL)
    marked = union.select("*", *newest, same_place.alias("_tie"))
    chosen = [_running_choice(side, source, so_far) for source, side in enumerate(sides)]
    found = marked.select(_SIDE, LABEL, *chosen).where(F.col(_SIDE) == _LABEL)
    return found.select(f"{LABEL}.*", *[f"`{row_name(side.rows)}`" for side in sides])


def _union_side(side: Side, source: int, partition: Sequence[str]) -> DataFrame:
    place = _BEFORE_LABEL if side.rows.boundary == "inclusive" else _AFTER_LABEL
    sequence = [F.col(SEQUENCE).alias(_named(SEQUENCE, source))] if SEQUENCE in side.frame.columns else []
    return side.frame.select(
        *partition,
        TIME,
        F.lit(place).alias(_SIDE),
        F.lit(source).alias(_SOURCE),
        EVENT,
        *sequence,
        F.col(ROW).alias(_named(ROW, source)),
    )


def _running_choice(side: Side, source: int, so_far: WindowSpec) -> Column:
    """Return the row with the newest event known so far. A row that became known late never replaces a newer event."""
    candidate = F.when(
        (F.col(_SOURCE) == source) & (F.col(EVENT) >= F.col(_named("_newest", source))),
        F.when(F.col("_tie"), raise_tie(side.rows.name, EVENT)).otherwise(F.col(_named(ROW, source))),
    )
    return F.last(candidate, ignorenulls=True).over(so_far).alias(row_name(side.rows))


def _named(name: str, source: int) -> str:
    return f"{name}_{source}"
