"""XGBoost: gradient-boosted trees of XGBoost, fitted on Spark."""

from dataclasses import dataclass
from typing import ClassVar

from tidegate.tasks import Binary, Count, Multiclass, Quantiles, Regression, Task
from tidegate.training.estimators.class_weights import ClassWeights, with_class_weights
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows

_MOST = float("inf")


@dataclass(frozen=True)
class XGBoost(Estimator):
    """Gradient-boosted trees of XGBoost (package `xgboost-cpu`), for every task. They use categories and missing values directly.

    Attributes:
        rounds: Largest number of rounds of boosting. Each round adds one tree, or one for each class or quantile.
        max_depth: Largest number of splits on the way to a leaf.
        learning_rate: How much each tree counts, greater than 0 and at most 1.
        max_bins: Largest number of bins into which a numeric column is divided.
        min_child_weight: Smallest sum of second derivatives of the loss in a leaf.
        reg_lambda: Strength of the L2 penalty on the values of leaves.
        subsample: Share of the rows that each tree is fitted to.
        columns_by_tree: Share of the columns that each tree reads.
        early_stopping_rounds: The fit ends when the loss on the validation rows has not fallen for this number of rounds, and
            keeps the trees up to the best round. If it is None, or if there are no validation rows, the fit makes all rounds.
        workers: Number of Spark tasks that fit together. Spark must have room to run all of them at once. With at most two, the
            same rows give the same model to the last bit.
        seed: Seed of the samples.
        class_weights: The weight of each class, such as `{0: 1.0, 1: 5.0}`; for a task with classes only. `balanced` gives each
            class the same total weight. None: every row counts the same.

    Raises:
        DefinitionError: A parameter has another type, or is out of its range.
    """

    rounds: int = 100
    max_depth: int = 6
    learning_rate: float = 0.1
    max_bins: int = 256
    min_child_weight: float = 1.0
    reg_lambda: float = 1.0
    subsample: float = 1.0
    columns_by_tree: float = 1.0
    early_stopping_rounds: int | None = 10
    workers: int = 1
    seed: int = 7
    class_weights: ClassWeights = None

    kind: ClassVar[str] = "xgboost"
    tasks: ClassVar[tuple[type[Task], ...]] = (Binary, Multiclass, Regression, Count, Quantiles)

    def __post_init__(self) -> None:
        self.require_parameters(
            {
                "rounds": (1, _MOST),
                "max_depth": (1, 30),
                "learning_rate": (1e-9, 1),
                "max_bins": (2, _MOST),
                "min_child_weight": (0, _MOST),
                "reg_lambda": (0, _MOST),
                "subsample": (1e-9, 1),
                "columns_by_tree": (1e-9, 1),
                "early_stopping_rounds": (1, _MOST),
                "workers": (1, _MOST),
            }
        )

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Fit the trees on category indices and on numbers as they are: NULL and NaN are missing values.

        Raises:
            ModuleNotFoundError: The package `xgboost-cpu` is not installed.
        """
        from tidegate.training.xgboost_fit import fit_xgboost

        weighted = with_class_weights(rows, task, self.class_weights)
        return fit_xgboost(self, self._settings(task), weighted, task)

    def _settings(self, task: Task) -> dict[str, object]:
        """Return the parameters by XGBoost's names."""
        return {
            **_objective(task),
            "n_estimators": self.rounds,
            "max_depth": self.max_depth,
            "learning_rate": self.learning_rate,
            "max_bin": self.max_bins,
            "min_child_weight": self.min_child_weight,
            "reg_lambda": self.reg_lambda,
            "subsample": self.subsample,
            "colsample_bytree": self.columns_by_tree,
            "num_workers": self.workers,
            "random_state": self.seed,
            "tree_method": "hist",
        }


def _objective(task: Task) -> dict[str, object]:
    if isinstance(task, Binary):
        return {"objective": "binary:logistic"}
    if isinstance(task, Multiclass):
        return {"objective": "multi:softprob", "num_class": task.classes}
    if isinstance(task, Count):
        return {"objective": "count:poisson"}
    if isinstance(task, Quantiles):
        return {"objective": "reg:quantileerror", "quantile_alpha": list(task.levels)}
    absolute = isinstance(task, Regression) and task.loss_of == "absolute"
    return {"objective": "reg:absoluteerror" if absolute else "reg:squarederror"}
