"""How good the probabilities of one model are on one set of rows."""

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
        rows: How many.
        positive_rate: Share of class 1.
        log_loss: Mean, in nats, exact.
        roc_auc: Ties at 1e-4 counted half; None where there is one class only.
        pr_auc: Average precision; None without a row of class 1.
        calibration_error: Mean distance of observed rate and mean prediction over the calibration bins.
        calibration: By tenths of the rows.
        roc: At most 200 points; None where there is one class only.
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
        """Return the single numbers that exist, by name."""
        names = ("rows", "positive_rate", "log_loss", "roc_auc", "pr_auc", "calibration_error")
        return {name: float(getattr(self, name)) for name in names if getattr(self, name) is not None}


def evaluate(frame: DataFrame, label: str, probabilities: Sequence[str]) -> dict[str, Metrics]:
    """Return the metrics of columns of probabilities, by one Spark job and at most 10,001 rows a column on the driver.

    Args:
        frame: Scored rows.
        label: Column of 0 and 1.
        probabilities: Columns of P(class 1), one a model.

    Raises:
        UnusableRowsError: No rows, or a label or probability that can't be used.
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
