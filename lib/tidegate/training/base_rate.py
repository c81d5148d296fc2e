"""The base rate as a registered version of a model: what is served while no model surely beats it."""

from collections.abc import Mapping

from tidegate.registry import ESTIMATOR_TAG, REASON_TAG, ModelVersion, Registry
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.specification import BaseRate, Specification
from tidegate.training.evaluated_models import EvaluatedModels


def base_rate_scorer(rate: float) -> PortableScorer:
    """Return the scorer that gives every row the same probability."""
    return PortableScorer(Specification(inputs=(), model=BaseRate(probability=rate)))


def register_base_rate(
    registry: Registry, model: str, rate: float, evaluated: EvaluatedModels, lineage: Mapping[str, str], reason: str
) -> ModelVersion:
    """Register the base rate as the next version of a model and return it; its run has the test metrics of the training run.

    Args:
        registry: Where runs and versions go.
        model: Registered model.
        rate: The share of class 1 among the training rows.
        evaluated: What was measured.
        lineage: Where the rows come from.
        reason: Why no model is served.
    """
    scorer = base_rate_scorer(rate)
    tags = {**lineage, ESTIMATOR_TAG: scorer.estimator, REASON_TAG: reason}
    metrics = {
        f"test.{name}.{measure}": value
        for name, measured in evaluated.metrics["test"].items()
        for measure, value in measured.numbers().items()
    }
    with registry.run(model, "base rate") as run:
        run.log_values(parameters={"probability": repr(rate)}, metrics=metrics, tags=tags)
        run.log_scorer(scorer.to_bytes(), scorer.digest)
        return registry.register(model, run, run.scorer_uri, tags)
