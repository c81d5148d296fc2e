"""Calibration: compare the mean predicted probability with the observed rate, in each tenth of the rows."""

from dataclasses import dataclass

import numpy as np

from tidegate.evaluation.score_histogram import ScoreHistogram

DECILES = 10


@dataclass(frozen=True)
class CalibrationBin:
    """A bin of rows with neighbouring scores.

    Attributes:
        rows: Number of rows.
        predicted: Mean predicted probability.
        observed: Share of rows of class 1.
    """

    rows: int
    predicted: float
    observed: float


def calibration(histogram: ScoreHistogram) -> tuple[CalibrationBin, ...]:
    """Return up to ten bins with about the same number of rows, in order of rising scores.

    Rows with the same rounded score are in the same bin, so a model with few different scores has fewer bins.
    """
    before = np.cumsum(histogram.count) - histogram.count
    middle = before + histogram.count / 2
    decile = np.minimum((middle / histogram.count.sum() * DECILES).astype(int), DECILES - 1)
    return tuple(_bin(histogram, decile == number) for number in np.unique(decile))


def expected_calibration_error(bins: tuple[CalibrationBin, ...]) -> float:
    """Return the mean absolute difference between observed rate and mean prediction over the bins, weighted by rows."""
    rows = sum(item.rows for item in bins)
    return sum(item.rows * abs(item.observed - item.predicted) for item in bins) / rows


def _bin(histogram: ScoreHistogram, chosen: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> CalibrationBin:
    rows = float(histogram.count[chosen].sum())
    return CalibrationBin(
        rows=int(rows),
        predicted=float(histogram.probability[chosen].sum() / rows),
        observed=float(histogram.positive[chosen].sum() / rows),
    )
