"""What a system uses now, and what it used at a moment."""

from collections.abc import Mapping
from datetime import datetime

from tidegate.errors import NoReleaseThenError, NotReleasedError
from tidegate.moments import require_moment, utc_text
from tidegate.registry import ModelVersion, Registry
from tidegate.releases.describe import adopted, require_released_scorer
from tidegate.releases.release import Release, SystemModels
from tidegate.releases.table import first_release, newest_release_at, newest_releases
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


def release_at(store: Store, system: str, moment: datetime) -> Release:
    """Return the release that a system used at a moment.

    Raises:
        NaiveMomentError: The moment has no time zone.
        NoReleaseThenError: No release was recorded by then.
    """
    require_moment(moment, "the moment of a release")
    found = newest_release_at(store, system, moment)
    if found is None:
        first = first_release(store, system)
        when = first and first.released_at
        raise NoReleaseThenError(system, utc_text(moment), utc_text(when) if when else None)
    return found


def model_versions(registry: Registry, release: Release) -> Mapping[str, ModelVersion]:
    """Return the registered version of each model of a release, by the name of the model.

    Raises:
        UnknownModelVersionError: A version was deleted from MLflow.
        CorruptScorerError: MLflow has another scorer for a version than the one that was released.
    """
    found = {}
    for each in release.models:
        found[each.model] = registry.find_version(each.model, each.model_version)
        require_released_scorer(each, found[each.model])
    return found
