"""PoissonRegression: the logarithm of a rate as a weighted sum."""

from dataclasses import dataclass
from typing import ClassVar

from tidegate.tasks import Count, Task
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows

_MOST = float("inf")


@dataclass(frozen=True)
class PoissonRegression(Estimator):
    """Generalised linear regression of MLlib with the Poisson family and a logarithmic link, with an L2 penalty.

    Attributes:
        max_iter: Largest number of steps of the optimiser.
        reg_param: Strength of the L2 penalty.

    Raises:
        DefinitionError: A parameter has another type, or is out of its range.
    """

    max_iter: int = 25
    reg_param: float = 0.001

    kind: ClassVar[str] = "poisson_regression"
    tasks: ClassVar[tuple[type[Task], ...]] = (Count,)

    def __post_init__(self) -> None:
        self.require_parameters({"max_iter": (1, _MOST), "reg_param": (0, _MOST)})

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Fit the regression on one-hot categories and imputed numbers. MLlib standardises its inputs."""
        from pyspark.ml.regression import GeneralizedLinearRegression

        from tidegate.training.mllib_fit import fit_pipeline
        from tidegate.training.mllib_pipelines import last_stage, one_hot_pipeline

        family = GeneralizedLinearRegression(family="poisson", link="log")
        regression = last_stage(family, rows, maxIter=self.max_iter, regParam=self.reg_param)
        return fit_pipeline(self, one_hot_pipeline(rows.columns, regression), rows, task)
