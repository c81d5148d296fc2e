"""Register the base rate as a version of a model, to be served as long as no fitted model surely beats it."""

from collections.abc import Mapping

from tidegate.registry import ESTIMATOR_TAG, REASON_TAG, ModelVersion, Registry
from tidegate.scorers.models import BaseRate
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.specification import Specification
from tidegate.training.evaluated_models import EvaluatedModels


def base_rate_scorer(rate: float) -> PortableScorer:
    """Return a scorer that predicts the same probability for every row."""
    return PortableScorer(Specification(format=1, inputs=(), model=BaseRate(probability=rate)))


def register_base_rate(
    registry: Registry, model: str, rate: float, evaluated: EvaluatedModels, lineage: Mapping[str, str], reason: str
) -> ModelVersion:
    """Register the base rate as the next version of a model, and return this version.

    Its MLflow run gets the test metrics of the training run.

    Args:
        registry: The registry to write to.
        model: Name of the registered model.
        rate: The share of class 1 among the training rows.
        evaluated: The metrics of the training run.
        lineage: The origin of the training rows, as tags.
        reason: Why no fitted model is served.
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
