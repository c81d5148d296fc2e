"""The interval strategy: compute the time interval in which each row is in force, and join each label to the interval it is in.

Spark shuffles and sorts both sides once. Within an entity it then compares every label with every row, so the strategy suits
histories of up to about a thousand rows. With `broadcast`, Spark copies a small group to every task instead and does not shuffle
the labels.
"""

from collections.abc import Sequence
from functools import partial, reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.ties import raise_tie
from tidegate.point_in_time.window_frames import EVENT, LABEL, ROW, TIME, Side, feature_side, key_names, label_side, row_name

_UNTIL = "_until"


def attach_by_interval(labels: DataFrame, time: str, inputs: Sequence[FeatureRows], broadcast: bool = False) -> DataFrame:
    """Add one struct column per group: the newest row known at the label time. All groups must have the same entity key.

    Args:
        labels: The label rows.
        time: Name of the label time column.
        inputs: The groups.
        broadcast: Whether to copy the rows of the groups to every task, instead of shuffling both sides.
    """
    key = inputs[0].entity_key
    join = partial(_join, keys=key_names(key), broadcast=broadcast)
    joined = reduce(join, [feature_side(rows) for rows in inputs], label_side(labels, time, key))
    return joined.select(f"{LABEL}.*", *[f"`{row_name(rows)}`" for rows in inputs])


def timeline(side: Side, keys: Sequence[str]) -> DataFrame:
    """Return each row that is ever in force, with its key and the interval from `_time` to `_until`; NULL means no end.

    A row is left out if a newer event was already known when it became known. Where several rows became known at the same
    moment, the last one in the order of the side is in force.
    """
    in_order = Window.partitionBy(*keys).orderBy(*side.order)
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    same_place = F.struct(*side.order).eqNullSafe(F.lag(F.struct(*side.order)).over(in_order))
    marked = side.frame.select("*", F.max(EVENT).over(so_far).alias("_newest"), same_place.alias("_tie"))
    counting = marked.where(F.col(EVENT) >= F.col("_newest"))
    row = F.when(F.col("_tie"), raise_tie(side.rows.name, EVENT)).otherwise(F.col(ROW))
    return counting.select(*keys, TIME, F.lead(TIME).over(in_order).alias(_UNTIL), row.alias(ROW))


def _join(labels: DataFrame, side: Side, keys: Sequence[str], broadcast: bool) -> DataFrame:
    steps = timeline(side, keys).alias("steps")
    steps = F.broadcast(steps) if broadcast else steps
    equal = reduce(lambda left, right: left & right, [F.col(f"labels.{name}") == F.col(f"steps.{name}") for name in keys])
    matched = labels.alias("labels").join(steps, on=equal & _holds(side), how="left")
    return matched.select("labels.*", F.col(f"steps.{ROW}").alias(row_name(side.rows)))


def _holds(side: Side) -> Column:
    moment, since, until = F.col(f"labels.{TIME}"), F.col(f"steps.{TIME}"), F.col(f"steps.{_UNTIL}")
    if side.rows.boundary == "inclusive":
        return (since <= moment) & (until.isNull() | (moment < until))
    return (since < moment) & (until.isNull() | (moment <= until))
