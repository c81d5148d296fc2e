"""Hold out a part of the training rows, for what is learned from the errors of a model on rows that it was not fitted to."""

from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.training.estimators.estimator import TrainingRows

_PLACE, _PARTS = "_place", 10_000


def without_held_out(rows: TrainingRows, share: float) -> tuple[TrainingRows, DataFrame]:
    """Return the rows to fit a model to, and the rows that are held out.

    Which rows are held out depends on their places alone. Training rows are in a fixed order, so these are always the same.

    Args:
        rows: The training rows.
        share: The share of rows to hold out.
    """
    placed = rows.frame.withColumn(_PLACE, F.monotonically_increasing_id())
    # A hash, so that rows that come again after a fixed number of others are not all on one side.
    is_held_out = F.pmod(F.hash(_PLACE), F.lit(_PARTS)) < int(share * _PARTS)
    return replace(rows, frame=placed.where(~is_held_out).drop(_PLACE)), placed.where(is_held_out).drop(_PLACE)
