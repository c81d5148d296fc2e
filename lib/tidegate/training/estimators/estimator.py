"""Estimator: what is fitted to training rows. Importing it loads no MLlib, so that Python workers can load definitions."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar

from pyspark.sql import DataFrame

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.scoring import score_frame
from tidegate.tasks import Task
from tidegate.training.model_columns import ModelColumns


@dataclass(frozen=True)
class TrainingRows:
    """What an estimator is fitted to.

    Attributes:
        frame: The rows, persisted, in fixed partitions and sorted by key. They have the columns of the model, the label, and the
            weight if one is named.
        columns: The columns that the model reads.
        label: Column of the encoded label, a double.
        most_labels: The largest number of labels that a category column has in `frame`.
        weight: Column of the weight of a row, a number that is not negative. None gives every row the same weight.
        validation: Rows with the same columns, on which a fit may decide when to stop. None if there are none.
    """

    frame: DataFrame
    columns: ModelColumns
    label: str
    most_labels: int
    weight: str | None = None
    validation: DataFrame | None = None


@dataclass(frozen=True)
class FittedModel:
    """A fitted model, and its portable form.

    Attributes:
        kind: The kind of the estimator, such as `boosted_trees`.
        scorer: The portable form.
        pipeline: The fitted pipeline of MLlib (`pyspark.ml.PipelineModel`), which begins with the columns of the rows. None if
            nothing was fitted in Spark.
        importance: The share of each column in what the model found, largest first. The shares add up to 1. Empty if the
            estimator knows none.
        parameters: The parameters of the estimator as texts, for the log.
        own_scores: Adds the outputs as the fitted model itself computes them, under the given names. None for models that are
            nothing but their portable form.
    """

    kind: str
    scorer: PortableScorer
    pipeline: Any = None  # to import the type would load MLlib
    importance: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    own_scores: Callable[[DataFrame, Sequence[str]], DataFrame] | None = None

    def transform(self, frame: DataFrame, names: Sequence[str] = ()) -> DataFrame:
        """Add the outputs of the model as double columns, computed by the fitted model itself where there is one.

        Args:
            frame: Rows with the columns of the model.
            names: Names of the new columns. Without names, they are called as the outputs of the scorer.
        """
        named = names or self.scorer.outputs
        if self.own_scores is None:
            return score_frame(frame, self.scorer.to_bytes(), named)
        return self.own_scores(frame, named)


@dataclass(frozen=True)
class Estimator(ABC):
    """A kind of model that can be fitted, with its parameters.

    Every estimator is a frozen dataclass whose fields are its parameters.

    Attributes:
        kind: Name of the kind, in lower case.
        tasks: The tasks that it answers.
    """

    kind: ClassVar[str]
    tasks: ClassVar[tuple[type[Task], ...]]

    @property
    def uses_weights(self) -> bool:
        """Whether it can use weights of rows."""
        return True

    @property
    def further_columns(self) -> tuple[str, ...]:
        """Columns of the rows that it reads beside those of the model."""
        return ()

    @abstractmethod
    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Fit a model for a task.

        Args:
            rows: The training rows.
            task: The task, one of those that the estimator answers.
        """

    def require_task(self, task: Task, where: str) -> None:
        """Raise DefinitionError if the estimator can't answer a task.

        Args:
            task: The task.
            where: What names both, such as `model delays`, for the message.
        """
        if not isinstance(task, self.tasks):
            others = sorted({each.__name__ for each in all_estimators() if isinstance(task, each.tasks)})
            raise DefinitionError(
                f"{where}: {type(self).__name__} answers {', '.join(each.__name__ for each in self.tasks)}, but not "
                f"{type(task).__name__}. Estimators that answer {type(task).__name__}: {', '.join(others)}."
            )

    def require_columns(  # noqa: B027  # most estimators read what the model reads
        self, columns: ModelColumns, where: str
    ) -> None:
        """Raise DefinitionError if the estimator needs a column that the model does not read.

        Args:
            columns: The columns that the model reads.
            where: What names them, such as `model delays`, for the message.
        """

    def require_weight(self, weight: str | None, where: str) -> None:
        """Raise DefinitionError if rows have a weight that the estimator can't use.

        Args:
            weight: Column of the weight; None if rows have none.
            where: What names both, such as `model delays`, for the message.
        """
        if weight is not None and not self.uses_weights:
            raise DefinitionError(
                f"{where}: {type(self).__name__} can't use {weight!r} as the weight of a row. Leave the weight out, or choose "
                "another estimator."
            )

    def parameters(self) -> dict[str, str]:
        """Return the parameters as texts, by name."""
        return {each.name: str(getattr(self, each.name)) for each in fields(self)}

    def with_parameter(self, name: str, value: object) -> "Estimator":
        """Return the same estimator with another value of one parameter.

        Raises:
            DefinitionError: The value can't be used.
        """
        return replace(self, **{name: value})

    def require_parameters(self, ranges: Mapping[str, tuple[float, float]]) -> None:
        """Raise DefinitionError unless the parameters have their declared types and lie in their ranges.

        Call this in `__post_init__`.

        Args:
            ranges: The smallest and largest value of a parameter, by its name.
        """
        require_declared_types(self)
        for name, (least, most) in ranges.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                limit = f"from {least:g} to {most:g}" if most < float("inf") else f"of at least {least:g}"
                raise DefinitionError(f"{type(self).__name__}: {name} is {value}; give a number {limit}.")


def all_estimators() -> list[type[Estimator]]:
    """Return every class of estimators that is loaded, those of a user's package included."""
    found, waiting = [], list(Estimator.__subclasses__())
    while waiting:
        each = waiting.pop()
        waiting += each.__subclasses__()
        found.append(each)
    return found
