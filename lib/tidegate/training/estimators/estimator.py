"""Estimator: what training fits to rows. Importing it loads no MLlib, so that Python workers can load definitions."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from inspect import isabstract
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
    """The rows that an estimator is fitted to, and the names of their columns.

    Attributes:
        frame: The rows, persisted, in fixed partitions and sorted by key. They have the columns of the model, the label, and the
            weight if one is named.
        columns: The columns that the model reads.
        label: Column of the encoded label, a double.
        most_labels: The largest number of different values that a category column has in `frame`.
        weight: Column of the weight of a row, a number from 0 up. None gives every row the same weight.
        validation: Further rows with the same columns. A fit may watch its loss on them to decide when to stop. None if there are
            none.
    """

    frame: DataFrame
    columns: ModelColumns
    label: str
    most_labels: int
    weight: str | None = None
    validation: DataFrame | None = None


@dataclass(frozen=True)
class FittedModel:
    """A fitted model, and its portable scorer.

    Attributes:
        kind: The kind of the estimator, such as `boosted_trees`.
        scorer: The portable scorer, which predicts without Spark and without a JVM.
        pipeline: The fitted pipeline of MLlib (`pyspark.ml.PipelineModel`), which begins with the columns of the rows. None if
            nothing was fitted in Spark.
        importance: How much each column contributes to the model, as shares that add up to 1, largest first. Empty if the
            estimator does not measure this.
        parameters: The parameters of the estimator as texts, for the log.
        own_scores: Function that adds the outputs to a frame, under the given names, as the fitted model itself computes them.
            The portable scorer is compared with it. None for models that have no other form than their portable scorer.
    """

    kind: str
    scorer: PortableScorer
    pipeline: Any = None  # to import the type would load MLlib
    importance: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    own_scores: Callable[[DataFrame, Sequence[str]], DataFrame] | None = None

    def transform(self, frame: DataFrame, names: Sequence[str] = ()) -> DataFrame:
        """Add the outputs of the model as double columns, computed by `own_scores` or, if that is None, by the portable scorer.

        Args:
            frame: Rows with the columns of the model.
            names: Names of the new columns. Without them, the columns have the names of the outputs of the scorer.
        """
        named = names or self.scorer.outputs
        if self.own_scores is None:
            return score_frame(frame, self.scorer.to_bytes(), named)
        return self.own_scores(frame, named)


@dataclass(frozen=True)
class Estimator(ABC):
    """What training fits to rows: a kind of model, with its parameters.

    Every estimator is a frozen dataclass. Its fields are its parameters, which the configuration can replace.

    Attributes:
        kind: Name of the kind, in lower case. The configuration, MLflow and the column `estimator` of predictions have this name.
        tasks: The tasks that it can answer.
    """

    kind: ClassVar[str]
    tasks: ClassVar[tuple[type[Task], ...]]

    @property
    def uses_weights(self) -> bool:
        """Whether the estimator can use weights of rows."""
        return True

    @property
    def further_columns(self) -> tuple[str, ...]:
        """Columns of the rows that the estimator reads in addition to those of the model."""
        return ()

    @abstractmethod
    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Fit a model for a task.

        Args:
            rows: The training rows.
            task: The task, one of those that the estimator can answer.
        """

    def require_task(self, task: Task, where: str) -> None:
        """Raise DefinitionError if the estimator can't answer a task.

        Args:
            task: The task.
            where: The model that has both, such as `model delays`, for the message.
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
            where: The model that reads them, such as `model delays`, for the message.
        """

    def require_weight(self, weight: str | None, where: str) -> None:
        """Raise DefinitionError if rows have a weight that the estimator can't use.

        Args:
            weight: Column of the weight; None if rows have none.
            where: The model that has both, such as `model delays`, for the message.
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
    """Return every estimator class that Python has imported, also those of a user's package."""
    found, waiting = [], list(Estimator.__subclasses__())
    while waiting:
        each = waiting.pop()
        waiting += each.__subclasses__()
        if not isabstract(each):
            found.append(each)
    return found
