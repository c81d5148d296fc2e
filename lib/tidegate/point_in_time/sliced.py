"""The sliced strategy: a union window per entity and time slice, so that several tasks can share the rows of one entity.

Each slice also gets the row that was in force at its beginning. Apart from that it works like the union window.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.union_window import last_known
from tidegate.point_in_time.window_frames import TIME, Side, feature_side, key_names, label_side

_SLICE, _BEST, _ORDER = "_slice", "_best", "_order"


def attach_by_slices(labels: DataFrame, time: str, inputs: Sequence[FeatureRows], width: timedelta) -> DataFrame:
    """Add one struct column per group: the newest row known at the label time. All groups must have the same entity key.

    Args:
        labels: The label rows.
        time: Name of the label time column.
        inputs: The groups.
        width: Length of a time slice.
    """
    keys = key_names(inputs[0].entity_key)
    spread = label_side(labels, time, inputs[0].entity_key).withColumn(_SLICE, _slice_of(width))
    sides = [_with_carried(feature_side(rows), spread, keys, width) for rows in inputs]
    return last_known(spread, sides, [*keys, _SLICE])


def _with_carried(side: Side, labels: DataFrame, keys: Sequence[str], width: timedelta) -> Side:
    """Add to each slice that has labels the row that was in force at its beginning."""
    rows = side.frame.withColumn(_SLICE, _slice_of(width))
    place = [*keys, _SLICE]
    whole_row = F.struct(*side.frame.columns)
    best = rows.groupBy(*place).agg(
        F.max_by(whole_row, F.struct(*_newest_last(side))).alias(_BEST), F.max(F.struct(*_newest_last(side))).alias(_ORDER)
    )
    asked = labels.select(*place).distinct().withColumn("_asked", F.lit(True))
    in_order = Window.partitionBy(*keys).orderBy(_SLICE)
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    before = in_order.rowsBetween(Window.unboundedPreceding, -1)
    newest = F.when(F.col(_ORDER) == F.max(_ORDER).over(so_far), F.col(_BEST))
    slices = best.join(asked, on=place, how="full").withColumn("_newest", newest)
    carried = slices.withColumn("_carried", F.last("_newest", ignorenulls=True).over(before))
    carried = carried.where(F.col("_asked") & F.col("_carried").isNotNull()).select(_SLICE, "_carried.*")
    return replace(side, frame=rows.unionByName(carried))


def _newest_last(side: Side) -> list[str]:
    """Return the order in which the row in force comes last: by event, and within an event by when it became known."""
    known, event, *sequence = side.order
    return [event, known, *sequence]


def _slice_of(width: timedelta) -> Column:
    return F.floor(F.unix_micros(F.col(TIME)) / F.lit(width // timedelta(microseconds=1)))
