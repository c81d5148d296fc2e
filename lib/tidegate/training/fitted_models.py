"""Fit every estimator of a plan, and the naive one, on the training split."""

from collections.abc import Mapping

from pyspark.sql import DataFrame

from tidegate.progress import timed_step
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows
from tidegate.training.estimators.naive import Naive
from tidegate.training.prepared_splits import LABEL, PreparedSplits
from tidegate.training.training_plan import TrainingPlan

NAIVE = Naive.kind


def fit_models(data: PreparedSplits, plan: TrainingPlan) -> dict[str, FittedModel]:
    """Fit the estimators to the training split and return the fitted models by name; the naive one comes last.

    A name is the kind of the estimator. From the second estimator of a kind on, it has a number, such as `boosted_trees_2`.
    """
    return fit_rows(data.splits.train, data.splits.validation, data.summaries["train"].most_labels, plan)


def fit_rows(train: DataFrame, validation: DataFrame, most_labels: int, plan: TrainingPlan) -> dict[str, FittedModel]:
    """Fit the estimators to prepared rows and return the fitted models by name; the naive one comes last.

    Args:
        train: The rows to train on.
        validation: The rows on which a fit may decide when to stop.
        most_labels: The largest number of labels that a category column has in `train`.
        plan: The plan.
    """
    rows = TrainingRows(train, plan.columns, LABEL, most_labels, plan.weight, validation)
    fitted = {}
    for name, estimator in named_estimators(plan).items():
        with timed_step(f"fit {name}"):
            fitted[name] = estimator.fit(rows, plan.task)
    return fitted


def named_estimators(plan: TrainingPlan) -> Mapping[str, Estimator]:
    """Return the estimators of a plan by name, and the naive one last."""
    named: dict[str, Estimator] = {}
    for estimator in (*plan.estimators, *(() if any(each == Naive() for each in plan.estimators) else (Naive(),))):
        number = sum(each.kind == estimator.kind for each in named.values()) + 1
        named[estimator.kind if number == 1 else f"{estimator.kind}_{number}"] = estimator
    return named
