"""Count rows by score: everything that the curves need, in a size that does not grow with the number of rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError

Array = npt.NDArray[np.float64]

_DIGITS = 4
_SMALLEST = 1e-15


@dataclass(frozen=True)
class ScoreHistogram:
    """Scored rows grouped by their probability rounded to 1e-4: at most 10,001 bins, in order of rising scores.

    Attributes:
        count: Number of rows in each bin.
        positive: Number of rows of class 1 in each bin.
        probability: Exact sum of the probabilities in each bin.
        loss: Exact sum of the log losses in each bin, in nats.
    """

    count: Array
    positive: Array
    probability: Array
    loss: Array


def score_histograms(frame: DataFrame, label: str, probabilities: Sequence[str]) -> dict[str, ScoreHistogram]:
    """Count scored rows by rounded probability, for several columns of probabilities in one Spark job.

    Args:
        frame: Scored rows.
        label: Column of 0 and 1.
        probabilities: Columns of P(class 1), one for each model.

    Raises:
        UnusableRowsError: There are no rows, a label is not 0 or 1, or a probability is NULL or not between 0 and 1.
    """
    models = F.array(*(F.struct(F.lit(name).alias("model"), F.col(name).alias("score")) for name in probabilities))
    long = frame.select(F.col(label).alias("label"), F.inline(models))
    usable = F.col("label").isin(0, 1) & F.col("score").between(0.0, 1.0)
    rows = (
        long.groupBy("model", F.round("score", _DIGITS).alias("place"))
        .agg(
            F.count("*").alias("count"),
            F.sum(F.col("label").cast("double")).alias("positive"),
            F.sum("score").alias("probability"),
            F.sum(log_loss("label", "score")).alias("loss"),
            F.count_if(~F.coalesce(usable, F.lit(False))).alias("unusable"),
        )
        .orderBy("place")
        .collect()
    )
    return {name: _histogram(name, [row for row in rows if row["model"] == name]) for name in probabilities}


def log_loss(label: str, probability: str) -> Column:
    """Return the log loss of a row, in nats.

    Probabilities are clipped to at least 1e-15 from 0 and 1, where the loss would be infinite.
    """
    kept = F.least(F.greatest(F.col(probability), F.lit(_SMALLEST)), F.lit(1.0 - _SMALLEST))
    return -F.when(F.col(label) == 1, F.log(kept)).otherwise(F.log1p(-kept))


def _histogram(model: str, rows: list[Row]) -> ScoreHistogram:
    unusable = sum(row["unusable"] for row in rows)
    if unusable or not rows:
        problem = f"{unusable} row(s) have no label of 0 or 1, or no probability between 0 and 1" if rows else "there are none"
        raise UnusableRowsError(f"rows scored by {model}", [problem])
    names = ("count", "positive", "probability", "loss")
    return ScoreHistogram(*(np.array([row[name] for row in rows], dtype=np.float64) for name in names))
