"""Fit every estimator of a plan, and the naive one, on the training split."""

from collections.abc import Mapping

from tidegate.progress import timed_step
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows
from tidegate.training.estimators.naive import Naive
from tidegate.training.prepared_splits import LABEL, PreparedSplits
from tidegate.training.training_plan import TrainingPlan

NAIVE = Naive.kind


def fit_models(data: PreparedSplits, plan: TrainingPlan) -> dict[str, FittedModel]:
    """Fit the estimators and return the fitted models by name; the naive one comes last.

    A name is the kind of the estimator. From the second estimator of a kind on, it has a number, such as `boosted_trees_2`.
    """
    rows = TrainingRows(
        frame=data.splits.train,
        columns=plan.columns,
        label=LABEL,
        most_labels=data.summaries["train"].most_labels,
        weight=plan.weight,
        validation=data.splits.validation,
    )
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
