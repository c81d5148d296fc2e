"""Compute the ROC curve, and the areas under the ROC and precision-recall curves, from a histogram of scores."""

from dataclasses import dataclass

import numpy as np

from tidegate.evaluation.score_histogram import ScoreHistogram
from tidegate.evaluation.scored_rows import Array


@dataclass(frozen=True)
class Curve:
    """Points of a curve, from the highest score down."""

    x: tuple[float, ...]
    y: tuple[float, ...]


def roc_curve(histogram: ScoreHistogram) -> Curve | None:
    """Return the true positive rate (y) against the false positive rate (x); None if all rows are of one class."""
    positive, negative = _from_the_top(histogram)
    if not positive[-1] or not negative[-1]:
        return None
    return Curve(_with_start(negative / negative[-1], 0.0), _with_start(positive / positive[-1], 0.0))


def roc_auc(histogram: ScoreHistogram) -> float | None:
    """Return the area under the ROC curve, with ties counted half; None if all rows are of one class."""
    curve = roc_curve(histogram)
    return None if curve is None else float(np.trapezoid(curve.y, curve.x))


def pr_auc(histogram: ScoreHistogram) -> float | None:
    """Return the average precision, the area under the stepwise precision-recall curve; None without a row of class 1."""
    positive, negative = _from_the_top(histogram)
    if not positive[-1]:
        return None
    precision = positive / (positive + negative)
    return float(np.sum(np.diff(positive, prepend=0.0) * precision) / positive[-1])


def thinned(curve: Curve, points: int = 200) -> Curve:
    """Return at most this many points of the curve, including the first and the last one."""
    if len(curve.x) <= points:
        return curve
    places = np.unique(np.linspace(0, len(curve.x) - 1, points).round().astype(int))
    return Curve(tuple(curve.x[place] for place in places), tuple(curve.y[place] for place in places))


def _from_the_top(histogram: ScoreHistogram) -> tuple[Array, Array]:
    positive = np.cumsum(histogram.positive[::-1])
    return positive, np.cumsum(histogram.count[::-1]) - positive


def _with_start(values: Array, start: float) -> tuple[float, ...]:
    return (start, *(float(value) for value in values))
