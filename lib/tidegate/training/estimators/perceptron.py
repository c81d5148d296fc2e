"""Perceptron: a small neural network."""

from dataclasses import dataclass
from typing import ClassVar

from tidegate.errors import DefinitionError
from tidegate.tasks import Binary, Multiclass, Task
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows

_MOST = float("inf")


@dataclass(frozen=True)
class Perceptron(Estimator):
    """The multilayer perceptron of MLlib: layers of nodes with the logistic function, and the softmax at the end.

    Attributes:
        hidden: Number of nodes in each hidden layer.
        max_iter: Largest number of steps of the optimiser.
        seed: Seed of the weights with which the optimiser begins.

    Raises:
        DefinitionError: A parameter has another type, or is out of its range.
    """

    hidden: tuple[int, ...] = (16,)
    max_iter: int = 100
    seed: int = 7

    kind: ClassVar[str] = "perceptron"
    tasks: ClassVar[tuple[type[Task], ...]] = (Binary, Multiclass)

    def __post_init__(self) -> None:
        self.require_parameters({"max_iter": (1, _MOST)})
        if not all(nodes >= 1 for nodes in self.hidden):
            raise DefinitionError(f"Perceptron: hidden is {self.hidden}; give each layer at least one node.")

    @property
    def uses_weights(self) -> bool:
        """False, because the perceptron of MLlib can't use weights of rows."""
        return False

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Fit the network on one-hot categories and imputed numbers, all scaled to a mean of 0 and a standard deviation of 1.

        Raises:
            DefinitionError: The rows have weights, which the perceptron of MLlib can't use.
        """
        from pyspark.ml.classification import MultilayerPerceptronClassifier

        from tidegate.training.mllib_fit import fit_on_features
        from tidegate.training.mllib_pipelines import last_stage, scaled_pipeline

        self.require_weight(rows.weight, "training rows")

        def network(features: int) -> MultilayerPerceptronClassifier:
            layers = [features, *self.hidden, task.classes]
            return last_stage(MultilayerPerceptronClassifier(), rows, layers=layers, maxIter=self.max_iter, seed=self.seed)

        return fit_on_features(self, scaled_pipeline(rows.columns), network, rows, task)
