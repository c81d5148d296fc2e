"""LinearRegression: a number as a weighted sum."""

from dataclasses import dataclass
from typing import ClassVar

from tidegate.tasks import Regression, Task
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows

_MOST = float("inf")


@dataclass(frozen=True)
class LinearRegression(Estimator):
    """Linear regression of MLlib, with an L2 penalty.

    It minimises the squared error, also if the task compares absolute errors.

    Attributes:
        max_iter: Largest number of steps of the optimiser, where the equations can't be solved directly.
        reg_param: Strength of the L2 penalty.

    Raises:
        DefinitionError: A parameter has another type, or is out of its range.
    """

    max_iter: int = 100
    reg_param: float = 0.001

    kind: ClassVar[str] = "linear_regression"
    tasks: ClassVar[tuple[type[Task], ...]] = (Regression,)

    def __post_init__(self) -> None:
        self.require_parameters({"max_iter": (1, _MOST), "reg_param": (0, _MOST)})

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Fit the regression on one-hot categories and imputed numbers. MLlib standardises its inputs."""
        from pyspark.ml.regression import LinearRegression as MLlibRegression

        from tidegate.training.mllib_fit import fit_pipeline
        from tidegate.training.mllib_pipelines import last_stage, one_hot_pipeline

        regression = last_stage(MLlibRegression(), rows, maxIter=self.max_iter, regParam=self.reg_param)
        return fit_pipeline(self, one_hot_pipeline(rows.columns, regression), rows, task)
