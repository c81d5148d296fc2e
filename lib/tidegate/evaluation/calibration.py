"""Calibration: compare the mean prediction with the mean label, in each tenth of the rows."""

from dataclasses import dataclass

import numpy as np

from tidegate.evaluation.scored_rows import Array

DECILES = 10


@dataclass(frozen=True)
class CalibrationBin:
    """A bin of rows with neighbouring predictions.

    Attributes:
        rows: Number of rows.
        predicted: Mean prediction: of a probability, a number or a rate.
        observed: Mean label; for a probability it is the share of rows of class 1.
    """

    rows: int
    predicted: float
    observed: float


def calibration(count: Array, predicted: Array, observed: Array) -> tuple[CalibrationBin, ...]:
    """Return up to ten bins with about the same number of rows, in order of rising predictions.

    Rows with the same rounded prediction are in the same bin, so a model with few different predictions has fewer bins.

    Args:
        count: Number of rows for each rounded prediction, in rising order.
        predicted: Sum of their predictions.
        observed: Sum of their labels.
    """
    before = np.cumsum(count) - count
    middle = before + count / 2
    decile = np.minimum((middle / count.sum() * DECILES).astype(int), DECILES - 1)
    bins = []
    for number in np.unique(decile):
        chosen = decile == number
        rows = float(count[chosen].sum())
        bins.append(CalibrationBin(int(rows), float(predicted[chosen].sum() / rows), float(observed[chosen].sum() / rows)))
    return tuple(bins)


def expected_calibration_error(bins: tuple[CalibrationBin, ...]) -> float:
    """Return the mean absolute difference between mean label and mean prediction over the bins, weighted by rows."""
    rows = sum(item.rows for item in bins)
    return sum(item.rows * abs(item.observed - item.predicted) for item in bins) / rows
