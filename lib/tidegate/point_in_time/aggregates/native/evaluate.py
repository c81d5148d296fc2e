"""Compute all aggregates of one group for the labels of a task."""

from collections.abc import Mapping

import pyarrow as pa

from tidegate.point_in_time.aggregates.native.specification import NativeAggregates
from tidegate.point_in_time.native.arrays import Longs
from tidegate.point_in_time.native.chosen_rows import Moments


def rows_in_force(aggregates: NativeAggregates, rows: pa.Table) -> pa.Table:
    """Return the rows that are ever in force, with the columns `_known` and `_until`; tombstones are left out.

    Args:
        aggregates: The description.
        rows: All observations of each event that is among them: entity key, event_time, available_at, and `_tombstone` if the
            group keeps all observations.
    """
    raise NotImplementedError


def aggregated(
    aggregates: NativeAggregates, labels: pa.Table, moments: Moments, rows: pa.Table, anchors: Longs | None = None
) -> Mapping[str, pa.Array]:
    """Return a column for each feature, in the order of the labels.

    Args:
        aggregates: The description.
        labels: The labels, with the key columns.
        moments: The label times, up to which rows are known.
        rows: The rows of these keys, as `rows_in_force` returns them, with the columns that the features read.
        anchors: For each label, the time that the windows end at, in microseconds since 1970 UTC. None: the label time.
    """
    raise NotImplementedError
