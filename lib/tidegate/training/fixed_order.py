"""Bring rows into an order that depends on keys and times alone, so that a fit gives the same model however rows arrive."""

from collections.abc import Sequence

from pyspark.sql import DataFrame

from tidegate.schema import quoted


def in_fixed_order(frame: DataFrame, key: Sequence[str], partitions: int, time: str | None = None) -> DataFrame:
    """Return the rows in fixed partitions, sorted by their key and their time.

    MLlib samples rows by their position, for example to find candidate splits, and XGBoost builds its histograms from them in
    order. Without a fixed order, the layout of files would change the model.

    Args:
        frame: The rows.
        key: Columns that name the entity. All rows of an entity are in one partition.
        partitions: Number of partitions. With at most two, sums do not depend on which task ends first.
        time: Column of the time, for entities with several rows. None: the key alone identifies a row.
    """
    names = [quoted(name) for name in key]
    order = names if time is None else [*names, quoted(time)]
    return frame.repartition(partitions, *names).sortWithinPartitions(*order)
