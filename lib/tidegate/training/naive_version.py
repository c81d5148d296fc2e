"""Register the naive prediction as a version of a model, to be used as long as no fitted model surely beats it."""

from collections.abc import Mapping

from tidegate.registry import ESTIMATOR_TAG, REASON_TAG, ModelVersion, Registry
from tidegate.training.estimators.estimator import FittedModel
from tidegate.training.evaluated_models import EvaluatedModels


def register_naive(
    registry: Registry, model: str, naive: FittedModel, evaluated: EvaluatedModels, lineage: Mapping[str, str], reason: str
) -> ModelVersion:
    """Register the naive prediction as the next version of a model, and return this version.

    Its MLflow run gets the test metrics of the training run.

    Args:
        registry: The registry to write to.
        model: Name of the registered model.
        naive: The naive model that was fitted on the training rows.
        evaluated: The metrics of the training run.
        lineage: The origin of the training rows, as tags.
        reason: Why no fitted model is accepted.
    """
    tags = {**lineage, ESTIMATOR_TAG: naive.kind, REASON_TAG: reason}
    with registry.run(model, "naive prediction") as run:
        run.log_values(parameters=naive.parameters, metrics=_of_test(evaluated), tags=tags)
        run.log_scorer(naive.scorer.to_bytes(), naive.scorer.digest)
        return registry.register(model, run, run.scorer_uri, tags)


def _of_test(evaluated: EvaluatedModels) -> dict[str, float]:
    return {
        f"test.{name}.{measure}": value
        for name, metrics in evaluated.metrics["test"].items()
        for measure, value in metrics.numbers().items()
    }
