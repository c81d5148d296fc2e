"""Weights of classes: how much the rows of each class count in a fit."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pyspark.sql import functions as F

from tidegate.errors import DefinitionError
from tidegate.schema import quoted
from tidegate.tasks import Multiclass, Task
from tidegate.training.estimators.estimator import TrainingRows

ClassWeights = Mapping[Any, float] | Literal["balanced"] | None
_WEIGHT = "_class_weight"


def with_class_weights(rows: TrainingRows, task: Task, weights: ClassWeights) -> TrainingRows:
    """Return the rows with a weight that is the product of the weight of the row and that of its class.

    Args:
        rows: The training rows.
        task: The task. One without classes takes no weights.
        weights: A weight for each class: by 0 and 1 for a binary task, by the class names for a multiclass one. `balanced` gives
            each class the same total weight. None leaves the rows as they are.

    Raises:
        DefinitionError: The task has no classes, or a class has no weight or one below 0.
    """
    if weights is None:
        return rows
    names: tuple[Any, ...] = task.class_names if isinstance(task, Multiclass) else (0, 1)
    if not task.classes:
        raise DefinitionError(f"class_weights is {weights!r}, but a {task.kind} task has no classes; leave it out.")
    by_class = _balanced(rows, task.classes) if isinstance(weights, str) else _declared(weights, names)
    of_class = F.element_at(F.array(*map(F.lit, by_class)), F.col(quoted(rows.label)).cast("int") + 1)
    of_row = F.col(quoted(rows.weight)).cast("double") if rows.weight else F.lit(1.0)
    weighted = {_WEIGHT: of_class * of_row}
    validation = rows.validation.withColumns(weighted) if rows.validation is not None else None
    return replace(rows, frame=rows.frame.withColumns(weighted), weight=_WEIGHT, validation=validation)


def _declared(weights: Mapping[Any, float], names: tuple[Any, ...]) -> list[float]:
    if set(weights) != set(names) or min(weights.values()) < 0:
        raise DefinitionError(
            f"class_weights is {dict(weights)!r}; give a weight from 0 on to each class: {', '.join(map(repr, names))}."
        )
    return [float(weights[name]) for name in names]


def _balanced(rows: TrainingRows, classes: int) -> list[float]:
    of_row = F.col(quoted(rows.weight)) if rows.weight else F.lit(1.0)
    found = rows.frame.groupBy(F.col(quoted(rows.label)).cast("int").alias("label")).agg(F.sum(of_row).alias("weight")).collect()
    totals = {row["label"]: float(row["weight"]) for row in found}
    total = sum(totals.values())
    return [total / (classes * totals[label]) if totals.get(label) else 1.0 for label in range(classes)]
