"""`FeatureStore.models`: train the models of a system, and predict with its released versions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tidegate.clear_errors import with_clear_errors
from tidegate.datasets.splits import TimeSplit, split_by_shares
from tidegate.inference.rows_with_features import Entities
from tidegate.moments import require_moment
from tidegate.period import Period
from tidegate.system import System
from tidegate.tables.store import Store


@dataclass(frozen=True)
class TrainedModel:
    """The result of training a model.

    Attributes:
        name: Name of the model.
        version: Number of the version that was registered for the chosen model.
        estimator: Name of the estimator whose model was chosen on the validation rows, such as `boosted_trees`.
        accepted: Number of the version to release: `version`, or that of the naive prediction. None if neither is accepted.
        reason: Why `version` is accepted, or why not.
        metrics: Test metrics by name of the estimator (also `naive` and `champion`), then by name of the metric.
    """

    name: str
    version: int
    estimator: str
    accepted: int | None
    reason: str
    metrics: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class PredictedModel:
    """The result of predicting with a model.

    Attributes:
        name: Name of the model, and of its prediction table.
        version: Number of the version that predicted.
        estimator: What was fitted for this version, such as `boosted_trees`; `naive` for the naive prediction.
        release: The release id, which every row names.
        rows: Number of predictions. It is the sum of the following counts.
        inserted: New predictions.
        updated: Predictions that were stored as new revisions. The older rows stay.
        unchanged: Predictions that were current already. They were not written.
        suppressed: Predictions for erased people, which were not written.
    """

    name: str
    version: int
    estimator: str
    release: str
    rows: int
    inserted: int
    updated: int
    unchanged: int
    suppressed: int


@with_clear_errors
class Models:
    """Methods to train models and to predict. They use the MLflow of the root, or the one that MLFLOW_TRACKING_URI names.

    Args:
        opened: Returns the store after the format of its root was checked.
    """

    def __init__(self, opened: Callable[[], Store]) -> None:
        self._opened = opened

    def train(
        self, system: System, period: Period, model: str | None = None, split: TimeSplit | None = None
    ) -> Sequence[TrainedModel]:
        """Train the models of a system on the labels of a period, and register a version of each. Nothing is released.

        Args:
            system: The system.
            period: The days of the labels.
            model: Only the model with this name; None: all models.
            split: The parts for training, validation and test. None: the first three fifths of the days, the next fifth, and the
                last fifth; of two weeks or more, at least seven days are for test.

        Raises:
            MissingPartError, UnknownModelError: The system has no models, or none of this name.
            MissingGroupError, NoLabelsError, AbsentGroupsError, UnusableRowsError: There is nothing to train on.
            PersonalFeatureError: A model would be fitted on a personal column.
            ChangedDefinitionError: A view or a model was changed without raising its version.
            DefinitionError: The rules of acceptance name a metric that the task doesn't have.
            ScorerMismatchError: The portable scorer does not give the numbers of the fitted model.
        """
        from tidegate.feature_store.released import champions
        from tidegate.pipelines.training_pipeline import TrainingRequest, run_training_pipeline
        from tidegate.registry.location import open_registry

        store = self._opened()
        registry = open_registry(store.layout.root)
        in_use = champions(store, registry, system)
        parts = split or split_by_shares(period)
        trained = []
        for each in system.chosen_models(model):
            request = TrainingRequest(parts, champion=in_use.get(each.name))
            found = run_training_pipeline(store, system.name, each, request, registry).experiment
            accepted = None if found.accepted is None else found.accepted.version
            metrics = {name: measured.numbers() for name, measured in found.metrics["test"].items()}
            of_version = (found.version.version, found.candidate, accepted, found.verdict.reason)
            trained.append(TrainedModel(each.name, *of_version, metrics))
        return trained

    def predict(
        self, system: System, wanted: Period | Entities, model: str | None = None, now: datetime | None = None
    ) -> Sequence[PredictedModel]:
        """Predict with the released versions, and append the predictions to the table of each model.

        Args:
            system: The system.
            wanted: The days of the prediction times, or `Entities`: a frame of entity keys, and the prediction time. An entity
                that can't be predicted gets a row that says why.
            model: Only the model with this name; None: all models that are released.
            now: The time of scoring, with a zone; None: the time of the clock.

        Raises:
            MissingPartError, UnknownModelError: The system has no models, or none of this name.
            NotReleasedError: No version of any of the models is released.
            OtherTaskError: A released version gives the answers of another task than its model has by now.
            MissingGroupError, AbsentGroupsError, NothingToPredictError: There is nothing to predict, or features are missing.
            PredictionColumnsError: The predictions do not fit the prediction table.
        """
        from tidegate.feature_store.released import released_models
        from tidegate.pipelines.inference_pipeline import run_inference_pipeline
        from tidegate.registry.location import open_registry

        require_moment(now, "the moment of scoring")
        store = self._opened()
        released = released_models(store, open_registry(store.layout.root), system, model)
        chosen = [each for each in system.models if each.name in released]
        predicted = []
        for found in run_inference_pipeline(store, system.name, chosen, released, wanted, now or datetime.now(UTC)):
            used, written = released[found.model.name].model, found.written
            of_version = (used.model_version, used.estimator, used.release_id)
            counts = (written.rows, written.inserted, written.updated, written.unchanged, written.suppressed)
            predicted.append(PredictedModel(found.model.name, *of_version, *counts))
        return predicted
