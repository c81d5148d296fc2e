"""Bring rows into an order that depends on their keys alone, so that a fit gives the same model however they arrive."""

from collections.abc import Sequence

from pyspark.sql import DataFrame

from tidegate.schema import quoted


def in_fixed_order(frame: DataFrame, key: Sequence[str], partitions: int) -> DataFrame:
    """Return the rows in fixed partitions, sorted by their key.

    MLlib samples rows by their position, for example to find candidate splits, and XGBoost builds its histograms from them in
    order. Without a fixed order, the layout of files would change the model.

    Args:
        frame: The rows.
        key: Columns that together identify a row.
        partitions: Number of partitions. With at most two, sums do not depend on which task ends first.
    """
    names = [quoted(name) for name in key]
    return frame.repartition(partitions, *names).sortWithinPartitions(*names)
