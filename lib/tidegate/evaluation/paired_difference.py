"""Compare two models on the same rows: the difference of their mean losses, with a 95 % interval.

Rows of one day share weather and congestion and are far from independent, so a bootstrap over rows would give an interval that is
too narrow. This module draws whole days with replacement instead, as blocks (the cluster or pairs-block bootstrap:
A. C. Cameron, J. B. Gelbach and D. L. Miller, "Bootstrap-Based Improvements for Inference with Clustered Errors",
Review of Economics and Statistics 90(3), 2008; for dependent series H. R. Künsch, Annals of Statistics 17(3), 1989).
The interval is the percentile interval (B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993).
The method assumes that days are independent of each other. Weather that lasts several days makes the true interval wider.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError
from tidegate.evaluation.scored_rows import Array
from tidegate.schema import quoted

# With fewer days, the chance that all of them favour one model by accident exceeds the 5 % that the interval claims.
MINIMUM_DAYS = 7
DRAWS = 4_000
_SEED = 20_130_901
_DAYS_A_CHUNK = 2_000_000


@dataclass(frozen=True)
class PairedDifference:
    """Mean loss of a model minus that of its reference on the same rows. Below 0, the model is better.

    Attributes:
        model: Name of the model.
        reference: Name of the reference.
        difference: The difference of the mean loss of a row, in the unit of the task's loss.
        lower: Lower end of the 95 % interval; minus infinity with fewer than `MINIMUM_DAYS` days.
        upper: Upper end of the 95 % interval; infinity with fewer than `MINIMUM_DAYS` days.
        days: Number of days, which are the blocks of the bootstrap.
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
    """The sums of losses for each day, from which models can be compared on the same rows.

    Attributes:
        rows: Number of rows of each day, in order of the days.
        losses: Sum of the losses of each day, by the name of the model.
    """

    rows: Array
    losses: dict[str, Array]


def daily_losses(frame: DataFrame, day: str, losses: Mapping[str, Column]) -> DailyLosses:
    """Sum the losses of several models by day, in one Spark job that collects one row per day.

    Args:
        frame: Scored rows.
        day: Date column.
        losses: The loss of a row for each model, such as `Task.loss` gives it.

    Raises:
        UnusableRowsError: A row has no loss.
    """
    sums = [F.sum(loss).alias(f"loss_{place}") for place, loss in enumerate(losses.values())]
    missing = [F.count_if(loss.isNull() | F.isnan(loss)).alias(f"missing_{place}") for place, loss in enumerate(losses.values())]
    by_day = frame.groupBy(F.col(quoted(day)).alias("day")).agg(F.count("*").alias("rows"), *sums, *missing)
    rows = by_day.orderBy("day").collect()
    for place, name in enumerate(losses):
        # A sum leaves out NULL, so that a model would gain by every row without a score.
        count = sum(row[f"missing_{place}"] for row in rows)
        if count:
            raise UnusableRowsError(f"rows scored by {name}", [f"{count} row(s) have no label or no score"])
    return DailyLosses(
        rows=np.array([row["rows"] for row in rows], dtype=np.float64),
        losses={name: np.array([row[f"loss_{place}"] for row in rows], dtype=np.float64) for place, name in enumerate(losses)},
    )


def paired_difference(daily: DailyLosses, model: str, reference: str) -> PairedDifference:
    """Compare two models on the same rows. The random draws have a fixed seed, so the same input gives the same interval.

    Args:
        daily: The daily losses of both models.
        model: Name of the model.
        reference: Name of the reference.
    """
    difference = daily.losses[model] - daily.losses[reference]
    days = len(difference)
    lower, upper = _interval(difference, daily.rows) if days >= MINIMUM_DAYS else (-math.inf, math.inf)
    mean = float(difference.sum() / daily.rows.sum())
    return PairedDifference(model=model, reference=reference, difference=mean, lower=lower, upper=upper, days=days)


def _interval(difference: Array, rows: Array) -> tuple[float, float]:
    generator = np.random.default_rng(_SEED)
    days = len(difference)
    means: list[Array] = []
    # Drawn in chunks, so that ten years of days don't need gigabytes of memory.
    for draws in _chunks(DRAWS, max(1, _DAYS_A_CHUNK // days)):
        drawn = generator.integers(0, days, size=(draws, days))
        means.append(difference[drawn].sum(axis=1) / rows[drawn].sum(axis=1))
    lower, upper = np.quantile(np.concatenate(means), [0.025, 0.975])
    return float(lower), float(upper)


def _chunks(total: int, size: int) -> list[int]:
    return [min(size, total - start) for start in range(0, total, size)]
