"""Release a version of a model in a test, and score days with what is released."""

from datetime import datetime

from tidegate import FeatureStore, Model, Period
from tidegate.pipelines.inference_pipeline import InferencePipelineResult, Released, run_inference_pipeline
from tidegate.registry import ModelVersion, Registry
from tidegate.releases.current import model_versions, require_release
from tidegate.releases.promotion import promote
from tidegate.releases.release import SystemModels


def release(store: FeatureStore, registry: Registry, model: Model, version: ModelVersion | None) -> None:
    """Promote a version of the only model of a system that has the model's name."""
    assert version is not None, "nothing was accepted"
    promote(store.handle, registry, system_of(model), {model.name: version.version})


def predict(store: FeatureStore, registry: Registry, model: Model, period: Period, now: datetime) -> InferencePipelineResult:
    """Score a period with the released version of the model."""
    released = {model.name: released_model(store, registry, model)}
    [predicted] = run_inference_pipeline(store.handle, model.name, [model], released, period, now)
    return predicted


def released_model(store: FeatureStore, registry: Registry, model: Model) -> Released:
    current = require_release(store.handle, registry, system_of(model))
    version = model_versions(registry, current)[model.name]
    return Released(current.model(model.name), version, registry.scorer(version))


def system_of(model: Model) -> SystemModels:
    return SystemModels(model.name, (model.name,), (model.view,))
