"""SeasonalNaive: the next value is that of one day, week or year before."""

from dataclasses import dataclass
from typing import ClassVar

from tidegate.declared_names import require_distinct
from tidegate.declared_types import require_declared_types
from tidegate.tasks import Count, Regression, Task
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows
from tidegate.training.estimators.persistence import persistence_model


@dataclass(frozen=True)
class SeasonalNaive(Estimator):
    """Predicts the value of one season before, such as that of the same hour of the week before.

    Attributes:
        column: The feature with the value of one season before.
        otherwise: Features to use where `column` is NULL: the first of them that is not NULL. Where all are NULL, the model
            predicts the naive answer: the mean or median of the training labels.

    Raises:
        DefinitionError: A column is not a text, or is named twice.
    """

    column: str
    otherwise: tuple[str, ...] = ()

    kind: ClassVar[str] = "seasonal_naive"
    tasks: ClassVar[tuple[type[Task], ...]] = (Regression, Count)

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_distinct(self.further_columns, "SeasonalNaive", "name each column once")

    @property
    def further_columns(self) -> tuple[str, ...]:
        """`column`, then `otherwise`."""
        return (self.column, *self.otherwise)

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Compute the naive answer. Nothing else is learned."""
        return persistence_model(self, self.further_columns, rows, task)
