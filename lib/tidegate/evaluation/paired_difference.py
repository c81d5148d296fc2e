"""Is one model better than another on the same rows? The difference of their log losses, with its uncertainty.

Rows of one day share weather and congestion and are far from independent: a bootstrap over rows would give an interval
that is too narrow. Whole days are drawn instead, with replacement, as blocks (the cluster or pairs-block bootstrap:
A. C. Cameron, J. B. Gelbach and D. L. Miller, "Bootstrap-Based Improvements for Inference with Clustered Errors",
Review of Economics and Statistics 90(3), 2008; for dependent series H. R. Künsch, Annals of Statistics 17(3), 1989),
and the interval is the percentile interval (B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993).
Days are taken for independent of each other: weather that lasts several days makes the true interval wider.
"""

import math
from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.evaluation.score_histogram import Array, log_loss

# With fewer days, all of them on one side by chance is likelier than the 5 % that the interval claims.
MINIMUM_DAYS = 7
DRAWS = 4_000
_SEED = 20_130_901
_DAYS_A_CHUNK = 2_000_000


@dataclass(frozen=True)
class PairedDifference:
    """Mean log loss of a model minus that of its reference on the same rows: below 0, the model is better.

    Attributes:
        model: Column of the model's probabilities.
        reference: Column of the reference's.
        difference: In nats a row.
        lower: Lower end of the 95 % interval; minus infinity with fewer than `MINIMUM_DAYS` days.
        upper: Upper end; infinity with fewer than `MINIMUM_DAYS` days.
        days: Blocks drawn from.
    """

    model: str
    reference: str
    difference: float
    lower: float
    upper: float
    days: int

    @property
    def better(self) -> bool:
        """Whether the whole interval lies below 0."""
        return self.upper < 0.0


@dataclass(frozen=True)
class DailyLosses:
    """Sums of log losses for each day: what a comparison of models on the same rows needs.

    Attributes:
        rows: Rows of each day, in the order of the days.
        losses: Sum of log losses of each day, by column of probabilities.
    """

    rows: Array
    losses: dict[str, Array]


def daily_losses(frame: DataFrame, label: str, day: str, probabilities: tuple[str, ...]) -> DailyLosses:
    """Sum the log losses of several models by day: one Spark job, one row a day on the driver."""
    sums = {name: F.sum(log_loss(label, name)).alias(f"loss_{place}") for place, name in enumerate(probabilities)}
    rows = frame.groupBy(F.col(day).alias("day")).agg(F.count("*").alias("rows"), *sums.values()).orderBy("day").collect()
    return DailyLosses(
        rows=np.array([row["rows"] for row in rows], dtype=np.float64),
        losses={name: np.array([row[f"loss_{place}"] for row in rows], dtype=np.float64) for place, name in enumerate(sums)},
    )


def paired_difference(daily: DailyLosses, model: str, reference: str) -> PairedDifference:
    """Compare two models on the same rows; the same input gives the same interval."""
    difference = daily.losses[model] - daily.losses[reference]
    days = len(difference)
    lower, upper = _interval(difference, daily.rows) if days >= MINIMUM_DAYS else (-math.inf, math.inf)
    mean = float(difference.sum() / daily.rows.sum())
    return PairedDifference(model=model, reference=reference, difference=mean, lower=lower, upper=upper, days=days)


def _interval(difference: Array, rows: Array) -> tuple[float, float]:
    generator = np.random.default_rng(_SEED)
    days = len(difference)
    means: list[Array] = []
    # Draws in chunks: a table of ten years of days must not need gigabytes.
    for draws in _chunks(DRAWS, max(1, _DAYS_A_CHUNK // days)):
        drawn = generator.integers(0, days, size=(draws, days))
        means.append(difference[drawn].sum(axis=1) / rows[drawn].sum(axis=1))
    lower, upper = np.quantile(np.concatenate(means), [0.025, 0.975])
    return float(lower), float(upper)


def _chunks(total: int, size: int) -> list[int]:
    return [min(size, total - start) for start in range(0, total, size)]
