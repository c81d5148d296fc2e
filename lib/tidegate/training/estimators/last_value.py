"""LastValue: the next value is the last one that is known."""

from dataclasses import dataclass
from typing import ClassVar

from tidegate.declared_types import require_declared_types
from tidegate.tasks import Count, Regression, Task
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows
from tidegate.training.estimators.persistence import persistence_model


@dataclass(frozen=True)
class LastValue(Estimator):
    """Predicts that the next value is the last one that is known (persistence).

    Attributes:
        column: The feature with the last value. Where it is NULL, the model predicts the naive answer: the mean or median of the
            training labels.

    Raises:
        DefinitionError: The column is not a text.
    """

    column: str

    kind: ClassVar[str] = "last_value"
    tasks: ClassVar[tuple[type[Task], ...]] = (Regression, Count)

    def __post_init__(self) -> None:
        require_declared_types(self)

    @property
    def further_columns(self) -> tuple[str, ...]:
        """The feature with the last value."""
        return (self.column,)

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Compute the naive answer. Nothing else is learned."""
        return persistence_model(self, (self.column,), rows, task)
