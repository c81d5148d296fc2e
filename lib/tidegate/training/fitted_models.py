"""Fit the model and its two references on the training split."""

from dataclasses import dataclass

from pyspark.ml import PipelineModel
from pyspark.ml.classification import GBTClassificationModel

from tidegate.scorers.building import build_scorer
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.training.mllib_pipelines import boosted_trees_pipeline, logistic_regression_pipeline
from tidegate.training.prepared_splits import PreparedSplits
from tidegate.training.training_plan import TrainingPlan

BOOSTED_TREES = "boosted_trees"
LOGISTIC_REGRESSION = "logistic_regression"
BASE_RATE = "base_rate"


@dataclass(frozen=True)
class FittedModels:
    """The models that were fitted on the training split.

    Attributes:
        boosted_trees: The model, as an MLlib pipeline.
        scorer: The portable scorer of the model.
        logistic_regression_scorer: The portable scorer of the first reference.
        base_rate: The second reference: the share of class 1 in training, predicted for every row.
    """

    boosted_trees: PipelineModel
    scorer: PortableScorer
    logistic_regression_scorer: PortableScorer
    base_rate: float


def fit_models(data: PreparedSplits, plan: TrainingPlan) -> FittedModels:
    """Fit gradient-boosted trees and logistic regression on the training split."""
    train, summary = data.splits.train, data.summaries["train"]
    regression = logistic_regression_pipeline(plan.columns, plan.target, plan.logistic_regression).fit(train)
    pipeline = boosted_trees_pipeline(plan.columns, plan.target, plan.boosted_trees, summary.most_labels)
    trees = pipeline.fit(train)
    return FittedModels(
        boosted_trees=trees,
        scorer=build_scorer(trees),
        logistic_regression_scorer=build_scorer(regression),
        base_rate=summary.positive_rate,
    )


def feature_importance(model: PipelineModel, plan: TrainingPlan) -> dict[str, float]:
    """Return the share of each column in the gain of the trees, largest first. The shares add up to 1.

    Raises:
        TypeError: The last stage of the pipeline is not a GBTClassificationModel.
    """
    trees = model.stages[-1]
    if not isinstance(trees, GBTClassificationModel):
        raise TypeError(f"the last stage is {type(trees).__name__}, not boosted trees")
    shares = zip(plan.columns.names, trees.featureImportances.toArray(), strict=True)
    return {name: float(share) for name, share in sorted(shares, key=lambda item: (-item[1], item[0]))}
