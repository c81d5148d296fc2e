"""Naive: the naive prediction, which every other model has to beat."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError
from tidegate.schema import quoted
from tidegate.scorers.models import Constant
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.specification import Specification
from tidegate.tasks import Binary, Count, Multiclass, Quantiles, Regression, Task
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows

# Of `percentile_approx`: 1 / the largest error of a rank.
_ACCURACY = 100_000
_STEPS = 1_000


@dataclass(frozen=True)
class Naive(Estimator):
    """The naive prediction: the best answer that is the same for every row. Every training run fits it, named or not.

    It depends on the task: the share of class 1 (`Binary`), the share of each class (`Multiclass`), the mean of the labels
    (`Count`, and `Regression` of squared errors), their median (`Regression` of absolute errors), or their quantiles
    (`Quantiles`).
    """

    kind: ClassVar[str] = "naive"
    tasks: ClassVar[tuple[type[Task], ...]] = (Binary, Multiclass, Regression, Count, Quantiles)

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Compute the answer.

        Raises:
            UnusableRowsError: There are no rows, or all weights are 0.
        """
        return constant_model(naive_values(rows, task), task)


def constant_model(values: Sequence[float], task: Task) -> FittedModel:
    """Return a model that gives the same answer for every row.

    Args:
        values: The answer, one number for each output of the task.
        task: The task.
    """
    specification = Specification(inputs=(), model=Constant(values=tuple(values)), outputs=task.outputs)
    return FittedModel(Naive.kind, PortableScorer(specification))


def naive_values(rows: TrainingRows, task: Task) -> tuple[float, ...]:
    """Return the best answer that is the same for every row, one number for each output of the task.

    Raises:
        UnusableRowsError: There are no rows, or all weights are 0.
    """
    if isinstance(task, Quantiles):
        return _quantiles(rows, task.levels)
    if isinstance(task, Regression) and task.loss_of == "absolute":
        return _quantiles(rows, (0.5,))
    label = F.col(quoted(rows.label))
    if isinstance(task, Multiclass):
        return _means(rows, [(label == place).cast("double") for place in range(task.classes)])
    return _means(rows, [label])


def _means(rows: TrainingRows, values: list[Column]) -> tuple[float, ...]:
    weight = F.col(quoted(rows.weight)).cast("double") if rows.weight else F.lit(1.0)
    found = rows.frame.select(*(F.sum(value * weight) / F.sum(weight) for value in values)).collect()[0]
    return _all_known(found)


def _quantiles(rows: TrainingRows, levels: tuple[float, ...]) -> tuple[float, ...]:
    """Return quantiles of the labels: values that occur, at most 0.001 % of the rows away (0.1 % if rows have weights)."""
    label = F.col(quoted(rows.label))
    if rows.weight is None:
        return _all_known(rows.frame.select(F.percentile_approx(label, list(levels), _ACCURACY)).collect()[0][0] or [None])
    steps = [step / _STEPS for step in range(_STEPS + 1)]
    cuts = _all_known(rows.frame.select(F.percentile_approx(label, steps, _ACCURACY)).collect()[0][0] or [None])
    # The number of cuts below a label is the first cut that is not below it.
    place = F.size(F.filter(F.array(*map(F.lit, cuts)), lambda cut: cut < label))
    weight = F.sum(F.col(quoted(rows.weight)).cast("double")).alias("weight")
    found = {row["place"]: row["weight"] for row in rows.frame.groupBy(place.alias("place")).agg(weight).collect()}
    reached = np.cumsum([found.get(each, 0.0) for each in range(len(cuts))])
    return tuple(cuts[int(np.searchsorted(reached, level * reached[-1]))] for level in levels)


def _all_known(values: Iterable[float | None]) -> tuple[float, ...]:
    known = tuple(float(value) for value in values if value is not None)
    if not known:
        raise UnusableRowsError("training rows", ["there are none, or all of them have the weight 0"])
    return known
