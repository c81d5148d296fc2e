"""The input of a training run: rows that are split into three parts, and the plan that says what to fit on them."""

from dataclasses import dataclass, field
from importlib.metadata import version

from pyspark.sql import DataFrame

from tidegate.datasets.view_rows import Span
from tidegate.tasks import Task
from tidegate.training.acceptance import NO_FURTHER_RULES, Acceptance
from tidegate.training.estimators.estimator import Estimator
from tidegate.training.model_columns import ModelColumns

_RUNTIME = ("pyspark", "mlflow", "numpy", "pandas", "pydantic", "treelite")


@dataclass(frozen=True)
class Splits:
    """Labelled rows in three parts. If they are split by time, each part ends before the next one begins."""

    train: DataFrame
    validation: DataFrame
    test: DataFrame

    def named(self) -> dict[str, DataFrame]:
        """Return the splits by name. If they are split by time, this is their order."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


def runtime_requirements() -> tuple[str, ...]:
    """Return the packages that a logged model needs, in their installed versions, as pip requirements."""
    return tuple(f"{name}=={version(name)}" for name in _RUNTIME)


@dataclass(frozen=True)
class TrainingPlan:
    """What to fit, and on which columns.

    Attributes:
        model_name: Name of the registered model and of the MLflow experiment.
        task: What kind of answer is predicted.
        estimators: What is fitted and compared, without the naive estimator of the task, which is always compared.
        columns: The columns that the estimators read.
        target: Column of the labels.
        time: Timestamp column of the label time.
        key: Columns that name the entity. Together with `time` they identify a row, and training rows are sorted by them.
        day: Date column whose days are the blocks of the paired interval. None takes the UTC date of `time`.
        weight: Column with the weight of a training row; None if all rows count the same.
        may_lack: The largest share of the rows of a split whose target may be NULL. Such rows are left out.
        accept: The rules by which the trained version is accepted.
        personal: Columns that are declared personal. None of them may be a feature.
        partitions: Number of partitions of the training rows. With at most two, sums do not depend on which task ends first,
            so that a rerun gives the same model to the last bit.
        is_by_time: Whether each split has to end before the next one begins.
        folds: Spans of time that walk-forward measures on, to choose among the estimators. Each fold trains on the training and
            validation rows before its span. Empty: the estimators are compared on the validation rows.
        pip_requirements: Requirements that are logged with the model.
    """

    model_name: str
    task: Task
    estimators: tuple[Estimator, ...]
    columns: ModelColumns
    target: str
    time: str
    key: tuple[str, ...]
    day: str | None = None
    weight: str | None = None
    may_lack: float = 0.0
    accept: Acceptance = NO_FURTHER_RULES
    personal: tuple[str, ...] = ()
    partitions: int = 2
    is_by_time: bool = True
    folds: tuple[Span, ...] = ()
    pip_requirements: tuple[str, ...] = field(default_factory=runtime_requirements)

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that the estimators read of a row, with those that only some of them need."""
        further = (name for each in self.estimators for name in each.further_columns)
        return tuple(dict.fromkeys((*self.columns.names, *further)))
