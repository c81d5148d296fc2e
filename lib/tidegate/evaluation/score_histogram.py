"""Count rows by probability: everything that the curves need, in a size that does not grow with the number of rows."""

from dataclasses import dataclass

from pyspark.sql import functions as F

from tidegate.evaluation.losses import log_loss
from tidegate.evaluation.scored_rows import Array, ScoredRows, Totals, add_up

_DIGITS = 4


@dataclass(frozen=True)
class ScoreHistogram:
    """Scored rows grouped by their probability rounded to 1e-4: at most 10,001 bins, in order of rising scores.

    Attributes:
        count: Number of rows in each bin.
        positive: Number of rows of class 1 in each bin.
        probability: Exact sum of the probabilities in each bin.
        loss: Exact sum of the log losses in each bin, in nats.
        squared: Exact sum of the squared differences between probability and label in each bin.
    """

    count: Array
    positive: Array
    probability: Array
    loss: Array
    squared: Array


def score_histograms(rows: ScoredRows) -> dict[str, ScoreHistogram]:
    """Count scored rows by rounded probability, for several models in one Spark job.

    Args:
        rows: Rows with labels of 0 and 1, and one column with the probability of class 1 for each model.

    Raises:
        UnusableRowsError: There are no rows, a label is not 0 or 1, or a probability is NULL or not between 0 and 1.
    """
    label, probability = F.col("label"), F.col("score_0")
    error = probability - label
    totals = Totals(
        usable_label=label.isin(0.0, 1.0),
        usable_score=probability.between(0.0, 1.0),
        label_rule="label of 0 or 1",
        score_rule="probability between 0 and 1",
        sums={
            "positive": label,
            "probability": probability,
            "loss": log_loss(label, probability),
            "squared": error * error,
        },
        groups={"place": F.round(probability, _DIGITS)},
    )
    return {
        model: ScoreHistogram(found["rows"], found["positive"], found["probability"], found["loss"], found["squared"])
        for model, found in add_up(rows, totals).items()
    }
