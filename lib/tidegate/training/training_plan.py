"""The input of a training run: rows that are split by time, and the plan that says what to fit on them."""

from dataclasses import dataclass, field
from importlib.metadata import version

from pyspark.sql import DataFrame

from tidegate.training.model_columns import ModelColumns
from tidegate.training.parameters import BoostedTreesParameters, LogisticRegressionParameters

_RUNTIME = ("pyspark", "mlflow", "numpy", "pandas", "pydantic", "treelite")


@dataclass(frozen=True)
class Splits:
    """Labelled rows, split by time: `train` ends before `validation` begins, and `validation` ends before `test` begins."""

    train: DataFrame
    validation: DataFrame
    test: DataFrame

    def named(self) -> dict[str, DataFrame]:
        """Return the splits by name, in order of time."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


def runtime_requirements() -> tuple[str, ...]:
    """Return the packages that a logged model needs, in their installed versions, as pip requirements."""
    return tuple(f"{name}=={version(name)}" for name in _RUNTIME)


@dataclass(frozen=True)
class TrainingPlan:
    """What to fit, and on which columns.

    Attributes:
        model_name: Name of the registered model and of the MLflow experiment.
        columns: The columns that the model reads.
        target: Column of 0 and 1.
        time: Timestamp column of the label time, by which the rows were split.
        key: Columns that together identify a row. Training rows are sorted by them.
        day: Date column whose days are the blocks of the paired interval. None takes the UTC date of `time`.
        boosted_trees: Parameters of the model.
        logistic_regression: Parameters of the reference.
        personal: Columns that are declared personal. None of them may be a feature.
        partitions: Number of partitions of the training rows. With at most two, sums do not depend on which task ends first,
            so that a rerun gives the same model to the last bit.
        pip_requirements: Requirements that are logged with the model.
    """

    model_name: str
    columns: ModelColumns
    target: str
    time: str
    key: tuple[str, ...]
    day: str | None = None
    boosted_trees: BoostedTreesParameters = field(default_factory=BoostedTreesParameters)
    logistic_regression: LogisticRegressionParameters = field(default_factory=LogisticRegressionParameters)
    personal: tuple[str, ...] = ()
    partitions: int = 2
    pip_requirements: tuple[str, ...] = field(default_factory=runtime_requirements)
