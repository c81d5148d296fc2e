"""BoostedTrees: gradient-boosted trees of MLlib."""

from dataclasses import dataclass
from typing import ClassVar

from tidegate.tasks import Binary, Regression, Task
from tidegate.training.estimators.class_weights import ClassWeights, with_class_weights
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows

_MOST = float("inf")


@dataclass(frozen=True)
class BoostedTrees(Estimator):
    """Gradient-boosted trees of MLlib, each fitted to what the trees before it got wrong.

    Attributes:
        max_iter: Number of trees.
        max_depth: Largest number of splits on the way to a leaf, at most 30.
        step_size: Learning rate, greater than 0 and at most 1.
        max_bins: Largest number of bins into which a numeric column is divided. A fit raises it if a category column has more
            values.
        seed: Seed of the row samples from which MLlib takes candidate splits.
        class_weights: The weight of each class, such as `{0: 1.0, 1: 5.0}`; for a binary task only. `balanced` gives both classes
            the same total weight. None: every row counts the same.

    Raises:
        DefinitionError: A parameter has another type, or is out of its range.
    """

    max_iter: int = 30
    max_depth: int = 5
    step_size: float = 0.2
    max_bins: int = 64
    seed: int = 7
    class_weights: ClassWeights = None

    kind: ClassVar[str] = "boosted_trees"
    tasks: ClassVar[tuple[type[Task], ...]] = (Binary, Regression)

    def __post_init__(self) -> None:
        self.require_parameters({"max_iter": (1, _MOST), "max_depth": (0, 30), "step_size": (1e-9, 1), "max_bins": (2, _MOST)})

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Fit the trees on category indices and imputed numbers.

        A regression minimises the squared or the absolute error, as the task says.
        """
        from pyspark.ml.classification import GBTClassifier
        from pyspark.ml.regression import GBTRegressor

        from tidegate.training.mllib_fit import fit_pipeline
        from tidegate.training.mllib_pipelines import indexed_pipeline, last_stage

        weighted = with_class_weights(rows, task, self.class_weights)
        trees = last_stage(
            GBTClassifier() if isinstance(task, Binary) else GBTRegressor(lossType=task.loss_of),  # type: ignore[attr-defined]
            weighted,
            maxIter=self.max_iter,
            maxDepth=self.max_depth,
            stepSize=self.step_size,
            # MLlib needs one bin for each value of a category column, and one for unseen values.
            maxBins=max(self.max_bins, rows.most_labels + 1),
            seed=self.seed,
            maxMemoryInMB=512,
            cacheNodeIds=False,
        )
        return fit_pipeline(self, indexed_pipeline(rows.columns, trees), weighted, task)
