"""`FeatureStore.releases`: promote model versions, roll back, and ask what a system used at a moment."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pyspark.sql import DataFrame

from tidegate.clear_errors import with_clear_errors
from tidegate.moments import require_moment
from tidegate.releases.history import release_at, releases_frame
from tidegate.releases.release import Release, SystemModels
from tidegate.system import System
from tidegate.tables.store import Store


@with_clear_errors
class Releases:
    """Methods to release model versions. They use the MLflow of the root, or the one that MLFLOW_TRACKING_URI names.

    Args:
        opened: Returns the store after the format of its root was checked.
    """

    def __init__(self, opened: Callable[[], Store]) -> None:
        self._opened = opened

    def promote(self, system: System, versions: Mapping[str, int], expected: int | None = None) -> Release:
        """Put registered versions of models into use, all of them in one commit. Whether training accepted them is not asked.

        Args:
            system: The system.
            versions: The version of each model that changes, by the name of the model. The others keep theirs.
            expected: The number of the release that you saw in use (0: none). If another one is in use by now, nothing changes.

        Returns:
            The new release, or the one in use if it has these versions already.

        Raises:
            UnknownModelVersionError, CorruptScorerError: A version, or its scorer, is not in MLflow.
            NoStoredViewError, ReleaseRefusedError: The view of a version, or a table or column that it reads, is not there.
            ReleasedMeanwhileError: Somebody else released first.
        """
        from tidegate.registry.location import open_registry
        from tidegate.releases.promotion import promote

        store = self._opened()
        return promote(store, open_registry(store.layout.root), models_of(system), versions, expected)

    def rollback(self, system: System, to: int | None = None, expected: int | None = None) -> Release:
        """Use again exactly the models that an earlier release had. This is recorded as a new release.

        Args:
            system: The system.
            to: The number of the release to restore. None: the one before the release in use; after a rollback, the one before
                the release that was restored.
            expected: As in `promote`.

        Returns:
            The new release, or the one in use if it has the same models.

        Raises:
            NotReleasedError, NothingBeforeError, UnknownReleaseError: There is no such release.
            UnknownModelVersionError, CorruptScorerError: A version, or its scorer, is no longer in MLflow.
            NoStoredViewError, ReleaseRefusedError: The view of a version, or a table or column that it reads, is gone.
            ReleasedMeanwhileError: Somebody else released first.
        """
        from tidegate.registry.location import open_registry
        from tidegate.releases.rollback import rollback

        store = self._opened()
        return rollback(store, open_registry(store.layout.root), models_of(system), to, expected)

    def show(self, system: System | None = None) -> DataFrame:
        """Return the recorded releases of a system, or of all systems: one row for each model of each release."""
        return releases_frame(self._opened(), None if system is None else system.name)

    def at(self, system: System, moment: datetime) -> Release:
        """Return the release that a system used at a moment.

        Args:
            system: The system.
            moment: A moment with a zone.

        Raises:
            NoReleaseThenError: Nothing was released by then.
        """
        require_moment(moment, "the moment of a release")
        return release_at(self._opened(), system.name, moment)


def models_of(system: System) -> SystemModels:
    """Return the models of a system and the views of its code.

    Raises:
        MissingPartError: The system has no models.
    """
    return SystemModels(system.name, tuple(model.name for model in system.chosen_models()), system.views)
