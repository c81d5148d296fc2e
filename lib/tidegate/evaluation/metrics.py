"""Compute the metrics of predicted probabilities, for one or more models on the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from tidegate.evaluation.calibration import CalibrationBin, calibration, expected_calibration_error
from tidegate.evaluation.curves import Curve, pr_auc, roc_auc, roc_curve, thinned
from tidegate.evaluation.score_histogram import ScoreHistogram, score_histograms


@dataclass(frozen=True)
class Metrics:
    """Metrics of one model on one set of rows.

    Attributes:
        rows: Number of rows.
        positive_rate: Share of class 1.
        log_loss: Mean log loss, in nats; exact.
        roc_auc: Area under the ROC curve; ties of scores rounded to 1e-4 count half. None if all rows are of one class.
        pr_auc: Average precision; None without a row of class 1.
        calibration_error: Mean absolute difference between observed rate and mean prediction over the calibration bins.
        calibration: Calibration by tenths of the rows.
        roc: ROC curve with at most 200 points; None if all rows are of one class.
    """

    rows: int
    positive_rate: float
    log_loss: float
    roc_auc: float | None
    pr_auc: float | None
    calibration_error: float
    calibration: tuple[CalibrationBin, ...]
    roc: Curve | None

    def numbers(self) -> dict[str, float]:
        """Return the metrics that are single numbers, by name, without those that are None."""
        names = ("rows", "positive_rate", "log_loss", "roc_auc", "pr_auc", "calibration_error")
        return {name: float(getattr(self, name)) for name in names if getattr(self, name) is not None}


def evaluate(frame: DataFrame, label: str, probabilities: Sequence[str]) -> dict[str, Metrics]:
    """Return the metrics of each column of probabilities.

    This runs one Spark job and collects at most 10,001 rows for each column.

    Args:
        frame: Scored rows.
        label: Column of 0 and 1.
        probabilities: Columns of P(class 1), one for each model.

    Raises:
        UnusableRowsError: There are no rows, a label is not 0 or 1, or a probability is NULL or not between 0 and 1.
    """
    histograms = score_histograms(frame, label, probabilities)
    return {model: _metrics(histogram) for model, histogram in histograms.items()}


def _metrics(histogram: ScoreHistogram) -> Metrics:
    rows = float(histogram.count.sum())
    bins, roc = calibration(histogram), roc_curve(histogram)
    return Metrics(
        rows=int(rows),
        positive_rate=float(histogram.positive.sum() / rows),
        log_loss=float(histogram.loss.sum() / rows),
        roc_auc=roc_auc(histogram),
        pr_auc=pr_auc(histogram),
        calibration_error=expected_calibration_error(bins),
        calibration=bins,
        roc=None if roc is None else thinned(roc),
    )
