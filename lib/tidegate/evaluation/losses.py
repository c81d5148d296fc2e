"""The loss of a row, as Spark expressions: how far a prediction is from the answer."""

import math
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

_SMALLEST = 1e-15


def log_loss(label: Column, probability: Column) -> Column:
    """Return the log loss of a probability of class 1, in nats.

    Probabilities are clipped to at least 1e-15 from 0 and 1, where the loss would be infinite.

    Args:
        label: 0 or 1.
        probability: The probability of class 1.
    """
    kept = _clipped(probability, 1.0 - _SMALLEST)
    return -F.when(label == 1, F.log(kept)).otherwise(F.log1p(-kept))


def multiclass_log_loss(label: Column, probabilities: Sequence[Column]) -> Column:
    """Return the log loss of the probabilities of several classes, in nats. They are clipped to at least 1e-15.

    Args:
        label: The number of the class, from 0.
        probabilities: The probability of each class.
    """
    # NULL, not an error, for a label that is no number of a class: evaluation counts such rows, and then names them.
    of_label = F.get(F.array(*probabilities), label.try_cast("int"))
    return -F.log(_clipped(of_label, 1.0))


def poisson_deviance(label: Column, rate: Column) -> Column:
    """Return the Poisson deviance of a row (P. McCullagh and J. A. Nelder, "Generalized Linear Models", 1989, section 2.3).

    Rates are clipped to at least 1e-15, below which the loss of a positive label would be infinite.

    Args:
        label: The number of events.
        rate: The expected number of events.
    """
    kept = _clipped(rate, math.inf)
    logarithm = F.when(label > 0, label * F.log(label / kept)).otherwise(F.lit(0.0))
    return 2.0 * (logarithm - (label - kept))


def pinball_loss(label: Column, quantiles: Sequence[Column], levels: Sequence[float]) -> Column:
    """Return the mean pinball loss of several quantiles (R. Koenker and G. Bassett, Econometrica 46(1), 1978).

    Args:
        label: The answer.
        quantiles: The predicted quantiles.
        levels: The probability of each quantile.
    """
    losses = []
    for level, quantile in zip(levels, quantiles, strict=True):
        error = label - quantile
        losses.append(F.greatest(error * level, error * (level - 1.0)))
    return reduce(lambda total, loss: total + loss, losses) / float(len(losses))


def _clipped(score: Column, largest: float) -> Column:
    """Return a score that is at least 1e-15 and at most the largest one; NULL stays NULL."""
    # Without the condition, `greatest` and `least` would take a missing score for a very bad one: they leave out NULL.
    return F.when(score.isNotNull(), F.least(F.greatest(score, F.lit(_SMALLEST)), F.lit(largest)))
