"""A model whose answer is a value that the row already has."""

from collections.abc import Sequence

from tidegate.scorers.inputs import NumericInput
from tidegate.scorers.models import FirstValue
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.specification import Specification
from tidegate.tasks import Count, Task
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows
from tidegate.training.estimators.naive import naive_values


def persistence_model(estimator: Estimator, columns: Sequence[str], rows: TrainingRows, task: Task) -> FittedModel:
    """Return a model that predicts the first of some columns that is not NULL, or the naive answer if all are NULL.

    A rate is never below 0.

    Args:
        estimator: The estimator whose model it is.
        columns: The columns, in order.
        rows: The training rows, from which the naive answer is computed.
        task: The task.

    Raises:
        UnusableRowsError: There are no training rows.
    """
    (otherwise,) = naive_values(rows, task)
    inputs = tuple(NumericInput(column=name, fill=None) for name in columns)
    model = FirstValue(otherwise=otherwise, least=0.0 if isinstance(task, Count) else None)
    scorer = PortableScorer(Specification(inputs=inputs, model=model, outputs=task.outputs))
    return FittedModel(estimator.kind, scorer, parameters=estimator.parameters())
