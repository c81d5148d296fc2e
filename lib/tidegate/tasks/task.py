"""Task: what kind of answer a model gives, and what every such kind has to define."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from pyspark.sql import Column, DataFrame
from pyspark.sql import types as T

from tidegate.errors import DefinitionError
from tidegate.evaluation.metrics import Metrics
from tidegate.evaluation.scored_rows import ScoredRows


class Task(ABC):
    """What kind of answer a model gives.

    In the methods of a task, a *label* is the answer of one row, as the target column stores it. An *encoded* label is the number
    that an estimator is fitted to. A *score* is what a fitted model gives for a row: one number for each name in `outputs`.

    Attributes:
        kind: Name of the kind, in lower case.
        loss_name: Name of the loss of a row, for messages, metrics and `store.audit.daily_losses`.
        label_rule: What a label must be, as the end of a sentence.
    """

    kind: ClassVar[str]
    loss_name: ClassVar[str]

    @property
    @abstractmethod
    def label_rule(self) -> str:
        """What a label must be, as the end of the sentence `a label of this task is …`."""

    @property
    def meaning(self) -> str:
        """A text with everything of the task that decides what is learned. If it changes, the model needs a new version."""
        return self.kind

    @property
    @abstractmethod
    def outputs(self) -> tuple[str, ...]:
        """The names of the numbers that a fitted model gives for a row."""

    @property
    @abstractmethod
    def prediction_fields(self) -> tuple[T.StructField, ...]:
        """The columns that the task writes into a prediction table."""

    @property
    def class_labels(self) -> tuple[str, ...]:
        """The classes among which the task chooses, as texts in the order of their numbers; empty if the answer is a number."""
        return ()

    @property
    def classes(self) -> int:
        """The number of classes among which the task chooses; 0 if the answer is a number."""
        return len(self.class_labels)

    @abstractmethod
    def accepts(self, kind: T.DataType) -> bool:
        """Return whether a target of this task may have a type."""

    @abstractmethod
    def is_usable(self, label: Column) -> Column:
        """Return whether a label can be used, as a boolean that is never NULL."""

    @abstractmethod
    def encoded(self, label: Column) -> Column:
        """Return the encoded label as a double."""

    @abstractmethod
    def loss(self, label: Column, score: Sequence[Column]) -> Column:
        """Return the loss of a row, from 0 for a perfect prediction up.

        Args:
            label: The encoded label.
            score: The numbers that a model gave, in the order of `outputs`.
        """

    @abstractmethod
    def predictions(self, score: Sequence[Column]) -> list[Column]:
        """Return the columns of `prediction_fields` from a score."""

    def evaluate(self, frame: DataFrame, label: str, models: Mapping[str, Sequence[str]]) -> dict[str, Metrics]:
        """Return the metrics of several models on the same rows, by the name of the model.

        This runs one Spark job for all models. It collects sums of bounded size, never rows.

        Args:
            frame: Scored rows.
            label: Name of the column with the encoded label.
            models: For each model, the names of the columns with its scores, in the order of `outputs`.

        Raises:
            DefinitionError: A model has too few or too many columns.
            MissingColumnsError: The frame lacks a column.
            UnusableRowsError: There are no rows, or a label or a score is not usable.
        """
        for model, names in models.items():
            if len(names) != len(self.outputs):
                raise DefinitionError(
                    f"rows scored by {model}: {len(names)} column(s) with scores were named ({', '.join(names)}), but a model of "
                    f"this {self.kind} task gives {len(self.outputs)}: {', '.join(self.outputs)}."
                )
        return dict(self._metrics(ScoredRows(frame, label, models)))

    @abstractmethod
    def _metrics(self, rows: ScoredRows) -> Mapping[str, Metrics]:
        """Return the metrics of each model."""

    def require_target(self, name: str, kind: T.DataType, where: str) -> None:
        """Raise DefinitionError if labels of this task can't have the type of a target.

        Args:
            name: Name of the target.
            kind: Its type.
            where: What names the target, for the message.
        """
        if not self.accepts(kind):
            raise DefinitionError(
                f"{where}: target {name!r} is {kind.simpleString()}, but a label of a {self.kind} task is {self.label_rule}. "
                "Choose another target, or another task: Binary, Multiclass, Regression, Count or Quantiles."
            )
