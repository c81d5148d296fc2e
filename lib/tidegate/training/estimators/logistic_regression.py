"""LogisticRegression: the probabilities of classes from weighted sums."""

from dataclasses import dataclass
from typing import ClassVar

from tidegate.tasks import Binary, Multiclass, Task
from tidegate.training.estimators.class_weights import ClassWeights, with_class_weights
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows

_MOST = float("inf")


@dataclass(frozen=True)
class LogisticRegression(Estimator):
    """Logistic regression of MLlib, with an L2 penalty, for two or more classes.

    Attributes:
        max_iter: Largest number of steps of the optimiser.
        reg_param: Strength of the L2 penalty.
        class_weights: The weight of each class, such as `{0: 1.0, 1: 5.0}`. `balanced` gives each class the same total weight.
            None: every row counts the same.

    Raises:
        DefinitionError: A parameter has another type, or is out of its range.
    """

    max_iter: int = 50
    reg_param: float = 0.001
    class_weights: ClassWeights = None

    kind: ClassVar[str] = "logistic_regression"
    tasks: ClassVar[tuple[type[Task], ...]] = (Binary, Multiclass)

    def __post_init__(self) -> None:
        self.require_parameters({"max_iter": (1, _MOST), "reg_param": (0, _MOST)})

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Fit the regression on one-hot categories and imputed numbers. MLlib standardises its inputs."""
        from pyspark.ml.classification import LogisticRegression as MLlibRegression

        from tidegate.training.mllib_fit import fit_pipeline
        from tidegate.training.mllib_pipelines import last_stage, one_hot_pipeline

        weighted = with_class_weights(rows, task, self.class_weights)
        regression = last_stage(MLlibRegression(), weighted, maxIter=self.max_iter, regParam=self.reg_param)
        return fit_pipeline(self, one_hot_pipeline(rows.columns, regression), weighted, task)
