"""What is released of a system, as the pipelines need it."""

import logging
from collections.abc import Mapping

from tidegate.errors import NotReleasedError
from tidegate.feature_store.releases import models_of
from tidegate.pipelines.inference_pipeline import Released
from tidegate.registry.model_version import ModelVersion
from tidegate.registry.registry import Registry
from tidegate.releases.current import current_release, model_versions
from tidegate.releases.mirror import repair_aliases
from tidegate.system import System
from tidegate.tables.store import Store

LOG = logging.getLogger("tidegate")


def champions(store: Store, registry: Registry, system: System) -> Mapping[str, ModelVersion]:
    """Return the version of each model of the system that is in use, by its name; empty if nothing was ever released."""
    release = current_release(store, registry, models_of(system))
    return {} if release is None else model_versions(registry, release, [model.name for model in system.models])


def release_number(store: Store, registry: Registry, system: System) -> int:
    """Return the number of the release in use; 0 if nothing was ever released."""
    release = current_release(store, registry, models_of(system))
    return 0 if release is None else release.number


def released_models(store: Store, registry: Registry, system: System, name: str | None = None) -> dict[str, Released]:
    """Return the released version of each model of a system, by the name of the model.

    The release is looked up once, so that a batch ends with the release that it began with. A model without a released version is
    left out and named in the log, unless it is the only one that was asked for.

    Args:
        store: The store.
        registry: The registry with the released versions.
        system: The system.
        name: Only the model with this name; None: all models of the system.

    Raises:
        NotReleasedError: No version of any of these models is released.
    """
    chosen = [model.name for model in system.chosen_models(name)]
    release = current_release(store, registry, models_of(system))
    found = {} if release is None else release.versions
    missing = [each for each in chosen if each not in found]
    if release is None or len(missing) == len(chosen):
        raise NotReleasedError(system.name, ", ".join(chosen), found)
    for each in missing:
        LOG.warning("no version of model %s is released, so it predicts nothing: train it, then release what is accepted", each)
    repair_aliases(store, registry, system.name)
    versions = model_versions(registry, release, chosen)
    return {each: Released(release.model(each), versions[each], registry.scorer(versions[each])) for each in versions}
