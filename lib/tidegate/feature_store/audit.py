"""`FeatureStore.audit`: the records of jobs and training datasets, and the content of tables."""

from collections.abc import Callable

from pyspark.sql import DataFrame

from tidegate.clear_errors import with_clear_errors
from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.manifest import manifests_frame
from tidegate.datasets.view import FeatureView
from tidegate.errors import UsageError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.read import collapsed, content_hash, existing_table, rows_at
from tidegate.predictions.current import all_predictions, current_predictions, newest_revisions
from tidegate.predictions.outcomes import daily_losses, with_outcomes
from tidegate.tables.read import current_version, read_or_empty
from tidegate.tables.runs import SCHEMA as RUNS
from tidegate.tables.store import Store
from tidegate.tasks import Task


@with_clear_errors
class Audit:
    """Methods to read what jobs did, what training datasets were made of and what became of predictions, and to compare tables.

    Args:
        opened: Returns the store after the format of its root was checked.
    """

    def __init__(self, opened: Callable[[], Store]) -> None:
        self._opened = opened

    def runs(self) -> DataFrame:
        """Return the record of all jobs, with two rows for each job; empty if no job has run yet."""
        store = self._opened()
        return read_or_empty(store.spark, store.layout.runs, RUNS)

    def manifests(self) -> DataFrame:
        """Return the manifests of all training datasets."""
        return manifests_frame(self._opened())

    def content_hash(self, group: FeatureGroup, version: int | None = None) -> str | None:
        """Return a hash of a group's rows that does not depend on the order of its batches; None for an empty table.

        Args:
            group: The feature group.
            version: Integer version of its table; None: the newest.
        """
        store = self._opened()
        if version is None:
            version = current_version(store.spark, existing_table(store, group))
        rows = collapsed(rows_at(store, group, version), group)
        found = rows.agg(content_hash(rows).alias("hash")).first()
        return None if found is None else found["hash"]

    def outcomes(self, name: str, view: FeatureView, history: bool = False) -> DataFrame:
        """Return predictions with the struct `outcome`: the targets as first known and as known now, NULL until they are known.

        Its fields are `first`, `first_known_at`, `value` and `known_at`.

        Args:
            name: Name of the prediction table.
            view: The feature view of the model. Its labels are stored in a feature group.
            history: Take all rows of the table, also shadows and replaced revisions, instead of the current view.

        Raises:
            MissingPredictionsError: The store has no prediction table of this name.
            MissingGroupError: The labels were never written.
            UsageError: The labels of the view are computed from the future.
        """
        store = self._opened()
        if isinstance(view.labels, FutureLabels):
            raise UsageError(
                f"the labels of feature view {view.full_name} are computed from the future, and outcomes are joined with stored "
                "labels only. Build a training dataset of the same period, and join it with FeatureStore.predictions."
            )
        predicted = all_predictions(store, name) if history else current_predictions(store, name)
        return with_outcomes(predicted, rows_at(store, view.labels), view.labels, view.spine.entity_key, view.targets)

    def daily_losses(self, name: str, view: FeatureView, task: Task, target: str | None = None, zone: str = "UTC") -> DataFrame:
        """Return for each day and release: the number of predictions, of known outcomes, and the mean loss of these.

        All rows of the table count, shadows included, but of each release and arm only the newest revision.

        Args:
            name: Name of the prediction table.
            view: The feature view of the model. Its labels are stored in a feature group.
            task: The task of the model.
            target: The target that the model predicts; None: the first one of the view.
            zone: The time zone of the days of the prediction times.

        Raises:
            MissingPredictionsError, MissingGroupError, UsageError: As in `outcomes`.
        """
        known = self.outcomes(name, view, history=True)
        newest = newest_revisions(known, view.spine.entity_key)
        return daily_losses(newest, task, view.targets[0] if target is None else target, zone)
