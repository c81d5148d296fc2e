"""What a training run is given: rows split by time, and the plan of what to fit on them."""

from dataclasses import dataclass, field
from importlib.metadata import version

from pyspark.sql import DataFrame

from tidegate.training.parameters import BoostedTreesParameters, LogisticRegressionParameters, ModelColumns

_RUNTIME = ("pyspark", "mlflow", "numpy", "pandas", "pydantic", "treelite")


@dataclass(frozen=True)
class Splits:
    """Labelled rows, split by time: everything in `train` is earlier than `validation`, and that than `test`."""

    train: DataFrame
    validation: DataFrame
    test: DataFrame

    def named(self) -> dict[str, DataFrame]:
        """Return the splits by name, in the order of time."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


def runtime_requirements() -> tuple[str, ...]:
    """Return the installed versions of what a logged model needs, as pip requirements."""
    return tuple(f"{name}=={version(name)}" for name in _RUNTIME)


@dataclass(frozen=True)
class TrainingPlan:
    """What to fit, and on which columns.

    Attributes:
        model_name: Registered model and MLflow experiment.
        columns: What the model reads.
        target: Column of 0 and 1.
        time: Timestamp column of the label time, by which the splits are apart.
        key: Columns that together name a row; the order of training rows is made from them.
        day: Date column, the block of the paired interval; None takes the UTC date of `time`.
        boosted_trees: Parameters of the model.
        logistic_regression: Parameters of the reference.
        personal: Columns declared personal: none of them may be a feature.
        partitions: Of the training rows. With at most two, sums do not depend on which task ends first, and a rerun
            gives the same model to the last bit.
        pip_requirements: Logged with the model.
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
