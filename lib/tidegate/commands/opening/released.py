"""What a command needs to know of the releases of its system."""

import logging
from collections.abc import Mapping

from tidegate.commands.opening.context import Context
from tidegate.errors import NotReleasedError
from tidegate.feature_store.releases import models_of
from tidegate.pipelines.inference_pipeline import Released
from tidegate.registry.model_version import ModelVersion
from tidegate.registry.registry import Registry
from tidegate.releases.current import current_release, model_versions
from tidegate.releases.mirror import repair_aliases
from tidegate.releases.promotion import promote

LOG = logging.getLogger("tidegate")


def champions(context: Context, registry: Registry) -> Mapping[str, ModelVersion]:
    """Return the version of each model that is in use, by the name of the model; empty if nothing was ever released."""
    release = current_release(context.store, registry, models_of(context.system))
    return {} if release is None else model_versions(registry, release)


def release_number(context: Context, registry: Registry) -> int:
    """Return the number of the release in use; 0 if nothing was ever released."""
    release = current_release(context.store, registry, models_of(context.system))
    return 0 if release is None else release.number


def promote_versions(context: Context, registry: Registry, versions: Mapping[str, int], expected: int) -> None:
    """Release versions of models together; nothing is done without any.

    Args:
        context: The context of the command.
        registry: The registry with the versions.
        versions: The accepted version of each model that has one.
        expected: The number of the release whose models the versions were compared with.

    Raises:
        ReleasedMeanwhileError: Somebody else released since then.
    """
    if versions:
        promote(context.store, registry, models_of(context.system), versions, expected)


def released_models(context: Context, registry: Registry, name: str | None = None) -> dict[str, Released]:
    """Return the released version of each model of the system, by the name of the model.

    The release is looked up once, so that a batch ends with the release that it began with. A model without a released version is
    left out and named in the log, unless it is the only one that was asked for.

    Args:
        context: The context of the command.
        registry: The registry with the released versions.
        name: Only the model with this name; None: all models of the system.

    Raises:
        NotReleasedError: No version of any of these models is released.
    """
    chosen = [model.name for model in context.system.chosen_models(name)]
    models = models_of(context.system)
    release = current_release(context.store, registry, models)
    found = {} if release is None else release.versions
    missing = [each for each in chosen if each not in found]
    if release is None or len(missing) == len(chosen):
        raise NotReleasedError(context.system.name, ", ".join(chosen), found)
    for each in missing:
        LOG.warning("no version of model %s is released, so it predicts nothing: train it, then release what is accepted", each)
    repair_aliases(context.store, registry, context.system.name)
    versions = model_versions(registry, release)
    return {
        each: Released(release.model(each), versions[each], registry.scorer(versions[each]))
        for each in chosen
        if each not in missing
    }
