"""MLflow's alias `champion` mirrors the release, for people who look at MLflow. It decides nothing once there is a release."""

import logging

from tidegate.errors import RegistryError, UnknownModelVersionError
from tidegate.registry import Registry
from tidegate.registry.registry import CHAMPION
from tidegate.releases.release import Release
from tidegate.releases.table import newest_releases
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.store import Store

LOG = logging.getLogger("tidegate")


def repair_aliases(store: Store, registry: Registry, system: str) -> None:
    """Set the aliases of a system's models to what the newest release says; log what differed.

    They differ after a driver was killed between the commit of a release and the aliases, or when somebody changed them by hand.
    Models that only the release before had lose their alias. Without a release nothing is changed. If MLflow fails, a warning is
    logged: the release is in force without the alias.
    """
    newest = newest_releases(store, system, 2)
    try:
        if newest and _differing(registry, *newest):
            _set_to_newest(store, registry, system)
    except (RegistryError, UnknownModelVersionError) as error:
        LOG.warning("MLflow's alias %s of system %s could not be set to %s: %s", CHAMPION, system, newest[0].summary, error)


def _set_to_newest(store: Store, registry: Registry, system: str) -> None:
    # Without the lock, another driver could release in this moment, and would get the aliases of the release before.
    with exclusive(store.spark, store.layout.releases):
        newest = newest_releases(store, system, 2)
        for model, (found, wanted) in _differing(registry, *newest).items():
            if wanted is None:
                registry.demote(model)
            else:
                registry.promote(registry.find_version(model, wanted))
            before, after = (f"version {each}" if each else "no version" for each in (found, wanted))
            LOG.info("MLflow: %s of %s is %s now, as in release %d; before: %s", CHAMPION, model, after, newest[0].number, before)


def _differing(registry: Registry, release: Release, before: Release | None = None) -> dict[str, tuple[int | None, int | None]]:
    """Return the models whose alias does not name the version of a release: the number that it names, and the released one."""
    wanted: dict[str, int | None] = dict.fromkeys(before.versions if before else ())
    wanted |= release.versions
    found = {model: registry.champion_number(model) for model in wanted}
    return {model: (found[model], number) for model, number in wanted.items() if found[model] != number}
