"""Hold out a part of the training rows, for what is learned from the errors of a model on rows that it was not fitted to."""

from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.schema import quoted
from tidegate.training.estimators.estimator import TrainingRows

_PARTS = 10_000


def without_held_out(rows: TrainingRows, share: float) -> tuple[TrainingRows, DataFrame]:
    """Return the rows to fit a model to, and the rows that are held out.

    Which rows are held out depends on their values alone, not on their order. Rows with the same values stay together.

    Args:
        rows: The training rows.
        share: The share of rows to hold out.
    """
    part = F.pmod(F.xxhash64(*(F.col(quoted(name)) for name in rows.columns.names)), F.lit(_PARTS))
    is_held_out = part < int(share * _PARTS)
    return replace(rows, frame=rows.frame.where(~is_held_out)), rows.frame.where(is_held_out)
