"""Join the predictions of a model with the labels of its view that are known by now."""

from datetime import datetime, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.label_rows import labels_of_rows
from tidegate.datasets.manifest import DatasetInputs
from tidegate.datasets.view_rows import current_snapshot
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.feature_groups.read import rows_at
from tidegate.moments import FIRST, moment_of
from tidegate.point_in_time.aggregates.future import KNOWN_AT
from tidegate.predictions.columns import PREDICTION_TIME
from tidegate.predictions.current import all_predictions, current_predictions
from tidegate.predictions.outcomes import outcomes_of_aggregates, outcomes_of_labels, with_outcomes
from tidegate.schema import quoted
from tidegate.tables.store import Store
from tidegate.training.model import Model

_MICROSECOND = timedelta(microseconds=1)


def model_outcomes(store: Store, model: Model, history: bool, now: datetime) -> DataFrame:
    """Return predictions with their outcomes.

    Args:
        store: The store.
        model: The model.
        history: Take all rows of the prediction table instead of the current view.
        now: Labels from the future count if they are mature by then.

    Raises:
        MissingPredictionsError: The model has no predictions yet.
        MissingGroupError: The labels were never written.
    """
    predicted = all_predictions(store, model.name) if history else current_predictions(store, model.name)
    labels, key = model.view.labels, model.view.spine.entity_key
    if isinstance(labels, FutureLabels):
        return with_outcomes(predicted, _future(store, model, labels, predicted, now), key)
    return with_outcomes(predicted, outcomes_of_labels(rows_at(store, labels), labels, key, model.view.targets), key)


def _future(store: Store, model: Model, labels: FutureLabels, predicted: DataFrame, now: datetime) -> DataFrame:
    """Return the outcomes of predictions whose labels are aggregates of later events."""
    view = model.view
    rows = predicted.select(*map(quoted, view.entity_columns), F.col(PREDICTION_TIME).alias(EVENT_TIME)).distinct()
    # Only events near the predictions are read.
    times = F.unix_micros(PREDICTION_TIME)
    ends = predicted.agg(F.min(times).alias("first"), F.max(times).alias("last")).first()
    first = last = FIRST
    if ends is not None and ends["first"] is not None:
        first, last = moment_of(ends["first"]), moment_of(ends["last"])
    snapshot = current_snapshot(store, (labels.group,), (labels.group,))
    versions, loaded = dict(snapshot.versions), dict(snapshot.loaded_until)
    inputs = DatasetInputs(view.name, view.version, "", versions, first, last + _MICROSECOND, now, loaded)
    known = labels_of_rows(snapshot, view, labels, rows, inputs).frame
    mature_at = F.col(labels.anchor) + F.lit(labels.matures_after)
    return outcomes_of_aggregates(known, KNOWN_AT, mature_at, view.spine.entity_key, view.targets)
