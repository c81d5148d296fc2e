"""RandomForest: many trees, each grown on a sample of the rows and columns."""

from dataclasses import dataclass
from typing import ClassVar

from tidegate.tasks import Binary, Multiclass, Regression, Task
from tidegate.training.estimators.class_weights import ClassWeights, with_class_weights
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows

_MOST = float("inf")


@dataclass(frozen=True)
class RandomForest(Estimator):
    """A random forest of MLlib, whose answer is the mean of the answers of its trees.

    For a regression it minimises the squared error, also if the task compares absolute errors.

    Attributes:
        num_trees: Number of trees.
        max_depth: Largest number of splits on the way to a leaf, at most 30.
        max_bins: Largest number of bins into which a numeric column is divided. A fit raises it if a category column has more
            values.
        seed: Seed of the samples of rows and columns.
        class_weights: The weight of each class, such as `{0: 1.0, 1: 5.0}`; for a task with classes only. `balanced` gives each
            class the same total weight. None: every row counts the same.

    Raises:
        DefinitionError: A parameter has another type, or is out of its range.
    """

    num_trees: int = 20
    max_depth: int = 7
    max_bins: int = 64
    seed: int = 7
    class_weights: ClassWeights = None

    kind: ClassVar[str] = "random_forest"
    tasks: ClassVar[tuple[type[Task], ...]] = (Binary, Multiclass, Regression)

    def __post_init__(self) -> None:
        self.require_parameters({"num_trees": (1, _MOST), "max_depth": (0, 30), "max_bins": (2, _MOST)})

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Fit the forest on category indices and imputed numbers."""
        from pyspark.ml.classification import RandomForestClassifier
        from pyspark.ml.regression import RandomForestRegressor

        from tidegate.training.mllib_fit import fit_pipeline
        from tidegate.training.mllib_pipelines import indexed_pipeline, last_stage

        weighted = with_class_weights(rows, task, self.class_weights)
        forest = last_stage(
            RandomForestClassifier() if task.classes else RandomForestRegressor(),
            weighted,
            numTrees=self.num_trees,
            maxDepth=self.max_depth,
            # MLlib needs one bin for each value of a category column, and one for unseen values.
            maxBins=max(self.max_bins, rows.most_labels + 1),
            seed=self.seed,
            maxMemoryInMB=512,
        )
        return fit_pipeline(self, indexed_pipeline(rows.columns, forest), weighted, task)
