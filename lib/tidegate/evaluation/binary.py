"""Compute the metrics of predicted probabilities of class 1."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tidegate.evaluation.calibration import CalibrationBin, calibration, expected_calibration_error
from tidegate.evaluation.curves import Curve, pr_auc, roc_auc, roc_curve, thinned
from tidegate.evaluation.metrics import Metrics
from tidegate.evaluation.score_histogram import ScoreHistogram, score_histograms
from tidegate.evaluation.scored_rows import ScoredRows


@dataclass(frozen=True)
class BinaryMetrics(Metrics):
    """Metrics of one model on one set of rows with labels of 0 and 1.

    Attributes:
        positive_rate: Share of class 1.
        log_loss: Mean log loss, in nats; exact.
        brier: Mean squared difference between probability and label; exact.
        roc_auc: Area under the ROC curve; ties of scores rounded to 1e-4 count half. None if all rows are of one class.
        pr_auc: Average precision; None without a row of class 1.
        calibration_error: Mean absolute difference between observed rate and mean prediction over the calibration bins.
        calibration: Calibration by tenths of the rows.
        roc: ROC curve with at most 200 points; None if all rows are of one class.
    """

    positive_rate: float
    log_loss: float
    brier: float
    roc_auc: float | None
    pr_auc: float | None
    calibration_error: float
    calibration: tuple[CalibrationBin, ...]
    roc: Curve | None

    @property
    def loss(self) -> float:
        """The mean log loss, in nats."""
        return self.log_loss

    def details(self) -> dict[str, Any]:
        """Return the calibration bins and the points of the ROC curve."""
        roc = None if self.roc is None else asdict(self.roc)
        return {"calibration": [asdict(each) for each in self.calibration], "roc": roc}

    def _measured(self) -> Mapping[str, float | None]:
        names = ("positive_rate", "log_loss", "brier", "roc_auc", "pr_auc", "calibration_error")
        return {name: getattr(self, name) for name in names}


def binary_metrics(rows: ScoredRows) -> dict[str, BinaryMetrics]:
    """Return the metrics of each model. This runs one Spark job and collects at most 10,001 rows for each model.

    Args:
        rows: Rows with labels of 0 and 1, and one column with the probability of class 1 for each model.

    Raises:
        UnusableRowsError: There are no rows, a label is not 0 or 1, or a probability is NULL or not between 0 and 1.
    """
    return {model: _metrics(histogram) for model, histogram in score_histograms(rows).items()}


def _metrics(histogram: ScoreHistogram) -> BinaryMetrics:
    rows = float(histogram.count.sum())
    bins = calibration(histogram.count, histogram.probability, histogram.positive)
    roc = roc_curve(histogram)
    return BinaryMetrics(
        rows=int(rows),
        positive_rate=float(histogram.positive.sum() / rows),
        log_loss=float(histogram.loss.sum() / rows),
        brier=float(histogram.squared.sum() / rows),
        roc_auc=roc_auc(histogram),
        pr_auc=pr_auc(histogram),
        calibration_error=expected_calibration_error(bins),
        calibration=bins,
        roc=None if roc is None else thinned(roc),
    )
