"""Binary: how likely is it that something happens?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.evaluation.binary import BinaryMetrics, binary_metrics
from tidegate.evaluation.losses import log_loss
from tidegate.evaluation.scored_rows import ScoredRows
from tidegate.tasks.task import Task


@dataclass(frozen=True)
class Binary(Task):
    """Predicts the probability of class 1. Labels are booleans, or numbers that are 0 or 1.

    Attributes:
        threshold: The prediction is 1 if the probability is at least this, else 0.

    Raises:
        DefinitionError: The threshold is not between 0 and 1.
    """

    threshold: float = 0.5

    kind: ClassVar[str] = "binary"
    loss_name: ClassVar[str] = "log_loss"

    def __post_init__(self) -> None:
        require_declared_types(self)
        if not 0 <= self.threshold <= 1:
            raise DefinitionError(f"Binary: threshold is {self.threshold}; a probability lies between 0 and 1.")

    @property
    def label_rule(self) -> str:
        """What a label must be."""
        return "a boolean, or a number that is 0 or 1"

    @property
    def outputs(self) -> tuple[str, ...]:
        """The probability of class 1."""
        return ("probability",)

    @property
    def prediction_fields(self) -> tuple[T.StructField, ...]:
        """The probability of class 1, and the predicted class."""
        return (T.StructField("probability", T.DoubleType()), T.StructField("prediction", T.IntegerType()))

    @property
    def class_labels(self) -> tuple[str, ...]:
        """The classes as texts."""
        return "0", "1"

    def accepts(self, kind: T.DataType) -> bool:
        """Return whether a target may have this type."""
        return isinstance(kind, (T.NumericType, T.BooleanType))

    def is_usable(self, label: Column) -> Column:
        """Return whether a label is 0 or 1."""
        return F.coalesce(label.cast("double").isin(0.0, 1.0), F.lit(False))

    def encoded(self, label: Column) -> Column:
        """Return 0.0 or 1.0."""
        return label.cast("double")

    def loss(self, label: Column, score: Sequence[Column]) -> Column:
        """Return the log loss, in nats."""
        return log_loss(label, score[0])

    def predictions(self, score: Sequence[Column]) -> list[Column]:
        """Return the probability and the predicted class."""
        return [score[0].alias("probability"), self.selected(score).cast("int").alias("prediction")]

    def selected(self, score: Sequence[Column]) -> Column:
        """Return whether class 1 is predicted."""
        return score[0] >= self.threshold

    def _metrics(self, rows: ScoredRows) -> Mapping[str, BinaryMetrics]:
        return binary_metrics(rows)
