"""Fit the model and its two references on the training split."""

from dataclasses import asdict, dataclass

from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.tasks import Binary
from tidegate.training.estimators import BoostedTrees, FittedModel, LogisticRegression, TrainingRows
from tidegate.training.prepared_splits import PreparedSplits
from tidegate.training.training_plan import TrainingPlan

BOOSTED_TREES = "boosted_trees"
LOGISTIC_REGRESSION = "logistic_regression"
BASE_RATE = "base_rate"


@dataclass(frozen=True)
class FittedModels:
    """The models that were fitted on the training split.

    Attributes:
        boosted_trees: The model.
        scorer: The portable scorer of the model.
        logistic_regression_scorer: The portable scorer of the first reference.
        base_rate: The second reference: the share of class 1 in training, predicted for every row.
    """

    boosted_trees: FittedModel
    scorer: PortableScorer
    logistic_regression_scorer: PortableScorer
    base_rate: float


def fit_models(data: PreparedSplits, plan: TrainingPlan) -> FittedModels:
    """Fit gradient-boosted trees and logistic regression on the training split."""
    rows = TrainingRows(data.splits.train, plan.columns, plan.target, data.summaries["train"].most_labels)
    regression = LogisticRegression(**asdict(plan.logistic_regression)).fit(rows, Binary())
    trees = BoostedTrees(**asdict(plan.boosted_trees)).fit(rows, Binary())
    return FittedModels(
        boosted_trees=trees,
        scorer=trees.scorer,
        logistic_regression_scorer=regression.scorer,
        base_rate=data.summaries["train"].positive_rate,
    )
