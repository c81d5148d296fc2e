"""`FeatureStore.audit`: the records of jobs and training datasets, and the content of tables."""

from collections.abc import Callable
from datetime import UTC, datetime

from pyspark.sql import DataFrame

from tidegate.clear_errors import with_clear_errors
from tidegate.datasets.manifest import manifests_frame
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.read import collapsed, content_hash, existing_table, rows_at
from tidegate.period import require_zone
from tidegate.pipelines.model_outcomes import model_outcomes
from tidegate.predictions.current import newest_revisions
from tidegate.predictions.outcomes import daily_losses
from tidegate.tables.read import current_version, read_or_empty
from tidegate.tables.runs import SCHEMA as RUNS
from tidegate.tables.store import Store
from tidegate.training.model import Model


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

    def outcomes(self, model: Model, history: bool = False) -> DataFrame:
        """Return predictions with their outcomes: the targets as they were first known, and as they are known now.

        The outcome is the struct `outcome` with the fields `first`, `first_known_at`, `value` and `known_at`. It is NULL until
        the label is known.

        Args:
            model: The model.
            history: Take all rows of the prediction table, also replaced revisions and those not served, instead of the current
                view.

        Raises:
            MissingPredictionsError: The model has no predictions yet.
            MissingGroupError: The labels were never written.
        """
        return model_outcomes(self._opened(), model, history, datetime.now(UTC))

    def daily_losses(self, model: Model, zone: str = "UTC") -> DataFrame:
        """Return, for each day, model version, release and arm, the number of predictions and of outcomes, and the mean loss.

        The columns are `predictions`, `known` (the predictions whose outcome is known) and the mean loss of these, named after
        the loss of the task, such as `log_loss`. Predictions that are not served count too. Of several revisions of a prediction
        by one release and arm, only the newest counts.

        Args:
            model: The model.
            zone: The time zone of the days. A prediction belongs to the day of its prediction time.

        Raises:
            MissingPredictionsError, MissingGroupError: As in `outcomes`.
            DefinitionError: The zone is unknown.
        """
        require_zone(zone, "the days of losses")
        newest = newest_revisions(self.outcomes(model, history=True), model.view.spine.entity_key)
        return daily_losses(newest, model.task, model.predicted, zone)
