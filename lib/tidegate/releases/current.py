"""What a system uses now."""

from collections.abc import Collection, Mapping

from tidegate.errors import NotReleasedError
from tidegate.registry import ModelVersion, Registry
from tidegate.releases.describe import adopted, require_released_scorer
from tidegate.releases.release import Release, SystemModels
from tidegate.releases.table import newest_releases
from tidegate.tables.store import Store


def current_release(store: Store, registry: Registry, system: SystemModels) -> Release | None:
    """Return the release that a system uses now; None if nothing was ever released. Nothing is written.

    In a root without releases, the champions that MLflow's aliases name are the release: it has the number 1 and no time. The
    first promotion or rollback records it.

    Call this once at the start of a batch, so that the whole batch has one release, whatever is released meanwhile.
    """
    recorded = newest_releases(store, system.system)
    if recorded:
        return recorded[0]
    champions = [registry.champion(model) for model in system.models]
    models = tuple(adopted(store, registry, each, system.views) for each in champions if each is not None)
    return Release(system.system, 1, None, "adopt", models) if models else None


def require_release(store: Store, registry: Registry, system: SystemModels) -> Release:
    """Return the release that a system uses now.

    Raises:
        NotReleasedError: Nothing was ever released.
    """
    found = current_release(store, registry, system)
    if found is None:
        raise NotReleasedError(system.system, ", ".join(system.models), {})
    return found


def model_versions(registry: Registry, release: Release, names: Collection[str] | None = None) -> Mapping[str, ModelVersion]:
    """Return the registered version of each model of a release, by the name of the model.

    Args:
        registry: The registry with the versions.
        release: The release.
        names: Only the models with these names. A release keeps models that the code no longer has, and somebody may have deleted
            those from MLflow. None: all models.

    Raises:
        UnknownModelVersionError: A version was deleted from MLflow.
        CorruptScorerError: MLflow has another scorer for a version than the one that was released.
    """
    found = {}
    for each in release.models:
        if names is not None and each.model not in names:
            continue
        found[each.model] = registry.find_version(each.model, each.model_version)
        require_released_scorer(each, found[each.model])
    return found
