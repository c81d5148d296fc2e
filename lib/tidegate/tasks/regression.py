"""Regression: how large is a number?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.declared_types import require_declared_types
from tidegate.evaluation.regression import RegressionMetrics, regression_metrics
from tidegate.evaluation.scored_rows import ScoredRows
from tidegate.tasks.number_task import NumberTask


@dataclass(frozen=True)
class Regression(NumberTask):
    """Predicts a number.

    Attributes:
        loss_of: The error by which models are compared. The naive prediction is the mean of the labels with `squared`, and the
            median with `absolute`.

    Raises:
        DefinitionError: `loss_of` is something else.
    """

    loss_of: Literal["squared", "absolute"] = "squared"

    kind: ClassVar[str] = "regression"

    def __post_init__(self) -> None:
        require_declared_types(self)

    @property
    def loss_name(self) -> str:  # type: ignore[override]
        """Name of the loss of a row."""
        return f"{self.loss_of}_error"

    @property
    def meaning(self) -> str:
        """The kind of the task, and its loss."""
        return f"{self.kind} by {self.loss_name}"

    @property
    def outputs(self) -> tuple[str, ...]:
        """The predicted number."""
        return ("prediction",)

    @property
    def prediction_fields(self) -> tuple[T.StructField, ...]:
        """The predicted number."""
        return (T.StructField("prediction", T.DoubleType()),)

    def loss(self, label: Column, score: Sequence[Column]) -> Column:
        """Return the squared or absolute error."""
        error = F.abs(label - score[0])
        return error * error if self.loss_of == "squared" else error

    def predictions(self, score: Sequence[Column]) -> list[Column]:
        """Return the predicted number."""
        return [score[0].alias("prediction")]

    def _metrics(self, rows: ScoredRows) -> Mapping[str, RegressionMetrics]:
        return regression_metrics(rows, self.loss_of)
