"""Promote model versions: from then on, the system uses them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tidegate.errors import ReleasedMeanwhileError, UsageError, did_you_mean
from tidegate.registry import Registry
from tidegate.releases.current import current_release
from tidegate.releases.describe import described
from tidegate.releases.mirror import repair_aliases
from tidegate.releases.release import Release, SystemModels
from tidegate.releases.table import append_releases
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store


@dataclass(frozen=True)
class PlannedRelease:
    """A release that was checked and not recorded yet.

    Attributes:
        release: The release.
        before: The release in use; None if there is none.
    """

    release: Release
    before: Release | None

    @property
    def changes_nothing(self) -> bool:
        """Whether the same models are in use already."""
        before = () if self.before is None else self.before.models
        return sorted(each.release_id for each in before) == sorted(each.release_id for each in self.release.models)


def promote(
    store: Store, registry: Registry, system: SystemModels, versions: Mapping[str, int], expected: int | None = None
) -> Release:
    """Release versions of models. All of them are in use together from one commit on.

    Args:
        store: The store.
        registry: The registry with the versions.
        system: The system and its models.
        versions: The version of each model that changes. The other models keep their released version.
        expected: The number of the release that the caller saw in use; 0 for none. If another one is in use by now, nothing is
            released. None: the one in use when this call begins.

    Returns:
        The new release, or the one in use if it has these versions already.

    Raises:
        UsageError: A model is not one of the system.
        UnknownModelVersionError, CorruptScorerError: A version, or its scorer, is not in MLflow.
        NoStoredViewError, ReleaseRefusedError: The view of a version, or a table or column that it reads, is not there.
        ReleasedMeanwhileError: Somebody else released first.
    """
    return record(store, registry, plan_promotion(store, registry, system, versions, expected))


def plan_promotion(
    store: Store, registry: Registry, system: SystemModels, versions: Mapping[str, int], expected: int | None = None
) -> PlannedRelease:
    """Check a promotion and return the release that it would make; see `promote`. Nothing is written."""
    for name in versions:
        if name not in system.models:
            hint = did_you_mean(name, system.models)
            raise UsageError(f"system {system.system} has no model {name!r}; its models: {', '.join(system.models)}.{hint}")
    if not versions:
        raise UsageError(f"system {system.system}: no version is named. Name at least one of {', '.join(system.models)}.")
    before = current_release(store, registry, system)
    require_expected(system.system, before, expected)
    models = {} if before is None else {each.model: each for each in before.models}
    for name, number in versions.items():
        models[name] = described(store, registry, registry.find_version(name, number), system.views)
    in_order = sorted(models.values(), key=lambda each: _place(system.models, each.model))
    return PlannedRelease(Release(system.system, number_after(before), None, "promote", tuple(in_order)), before)


def record(store: Store, registry: Registry, planned: PlannedRelease, now: datetime | None = None) -> Release:
    """Record a planned release, and then set MLflow's aliases. A driver killed in between leaves them to the next caller.

    Args:
        store: The store.
        registry: The registry whose aliases mirror the release.
        planned: The release.
        now: The time of the release; None: the time of the clock.

    Raises:
        ReleasedMeanwhileError: Somebody else released first. Nothing is recorded.
    """
    system, action = planned.release.system, planned.release.action
    with recorded_run(store.spark, store.layout.runs, "release", system, action) as run:
        released = _recorded(store, planned, now or datetime.now(UTC))
        run.details["release"] = released.summary
        repair_aliases(store, registry, system)
    return released


def _recorded(store: Store, planned: PlannedRelease, now: datetime) -> Release:
    before, new = planned.before, [] if planned.changes_nothing else [planned.release]
    if before is not None and before.released_at is None:
        # What was in use before there were releases is recorded together with what replaces it.
        return append_releases(store, 0, [before, *new], now)[-1]
    if before is not None and not new:
        return before
    return append_releases(store, 0 if before is None else before.number, new, now)[-1]


def require_expected(system: str, before: Release | None, expected: int | None) -> None:
    """Raise ReleasedMeanwhileError if another release is in use than the caller saw; None expects nothing."""
    number = 0 if before is None else before.number
    if expected is None or expected == number:
        return
    raise ReleasedMeanwhileError(system, expected, "no release" if before is None else before.summary)


def number_after(before: Release | None) -> int:
    """Return the number of the next release."""
    return 1 if before is None else before.number + 1


def _place(names: Sequence[str], model: str) -> int:
    """Return the place of a model among those of the system. A model that the system no longer has comes last."""
    return names.index(model) if model in names else len(names)
