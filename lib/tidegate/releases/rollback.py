"""Roll back: release again what an earlier release had."""

from tidegate.errors import NothingBeforeError, UnknownReleaseError
from tidegate.registry import Registry
from tidegate.releases.current import require_release
from tidegate.releases.describe import require_usable
from tidegate.releases.promotion import PlannedRelease, number_after, record, require_expected
from tidegate.releases.release import Release, SystemModels
from tidegate.releases.table import release_numbered
from tidegate.tables.store import Store


def rollback(
    store: Store, registry: Registry, system: SystemModels, to: int | None = None, expected: int | None = None
) -> Release:
    """Use again all models that an earlier release had, in the versions that it had. This is recorded as a new release.

    A model that the earlier release did not have is no longer in use.

    Args:
        store: The store.
        registry: The registry with the versions.
        system: The system and its models.
        to: The number of the release to restore. None: the one before the release in use. After a rollback, that is the one
            before the release that was restored, so several rollbacks go back step by step.
        expected: The number of the release that the caller saw in use; see `promote`.

    Returns:
        The new release, or the one in use if it has the same models.

    Raises:
        NotReleasedError: Nothing was ever released.
        NothingBeforeError: No release came before.
        UnknownReleaseError: There is no release of this number.
        UnknownModelVersionError, CorruptScorerError: A version, or its scorer, is no longer in MLflow.
        NoStoredViewError, ReleaseRefusedError: The view of a version, or a table or column that it reads, is gone.
        ReleasedMeanwhileError: Somebody else released first.
    """
    return record(store, registry, plan_rollback(store, registry, system, to, expected))


def plan_rollback(
    store: Store, registry: Registry, system: SystemModels, to: int | None = None, expected: int | None = None
) -> PlannedRelease:
    """Check a rollback and return the release that it would make; see `rollback`. Nothing is written."""
    before = require_release(store, registry, system)
    require_expected(system.system, before, expected)
    restored = _earlier(store, before) if to is None else _numbered(store, before, to)
    for model in restored.models:
        require_usable(store, registry, model, system.views)
    release = Release(system.system, number_after(before), None, "rollback", restored.models, restored.content)
    return PlannedRelease(release, before)


def _earlier(store: Store, before: Release) -> Release:
    if before.content == 1:
        raise NothingBeforeError(before.system, before.number)
    return _numbered(store, before, before.content - 1)


def _numbered(store: Store, before: Release, number: int) -> Release:
    if number == before.number:
        return before
    found = release_numbered(store, before.system, number)
    if found is None:
        raise UnknownReleaseError(before.system, number, before.number)
    return found
