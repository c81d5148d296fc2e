"""Outcomes: what became of predictions, once it is known, and how far off the predictions of each day were."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.read import present_rows
from tidegate.predictions.columns import ARM, PREDICTION_TIME, RELEASE
from tidegate.schema import quoted
from tidegate.tasks import Task

OUTCOME = "outcome"
_FIRST, _FIRST_KNOWN_AT, _VALUE, _KNOWN_AT = "first", "first_known_at", "value", "known_at"
_MADE_BY = ("model_name", "model_version", RELEASE, ARM)


def with_outcomes(predictions: DataFrame, known: DataFrame, entity_key: Sequence[str]) -> DataFrame:
    """Add to each prediction its outcome, as the struct `outcome`; NULL as long as nothing is known.

    The fields are `first` (the targets as they were first known), `first_known_at`, `value` (the targets as they are known now)
    and `known_at` (since when these values are known).

    Args:
        predictions: Rows of a prediction table.
        known: The entity key, `event_time` (the prediction time) and `outcome`, as `outcomes_of_labels` returns them.
        entity_key: The entity key of the predictions.

    Raises:
        DefinitionError: The predictions have a column called `outcome`.
    """
    if OUTCOME in predictions.columns:
        raise DefinitionError(
            f"the predictions have a column {OUTCOME!r}, and the outcome is added under this name. Leave the column out."
        )
    timed = known.withColumnRenamed(EVENT_TIME, PREDICTION_TIME)
    joined = predictions.join(timed, on=[*entity_key, PREDICTION_TIME], how="left")
    return joined.select(*map(quoted, predictions.columns), OUTCOME)


def outcomes_of_labels(stored: DataFrame, labels: FeatureGroup, entity_key: Sequence[str], targets: Sequence[str]) -> DataFrame:
    """Return the outcome of each entity and prediction time, from stored labels.

    If the label was withdrawn, `value` and `known_at` are NULL. A group with `history="latest"` has forgotten the first values.

    Args:
        stored: The rows of the table of the labels.
        labels: The feature group of the labels. Its event_time is the prediction time.
        entity_key: The entity key of the predictions. The labels have these columns.
        targets: The columns of the labels that are predicted.
    """
    event = [*map(quoted, entity_key), EVENT_TIME]
    values = F.struct(*map(quoted, targets))
    seen = stored.where(~F.col(TOMBSTONE)) if TOMBSTONE in stored.columns else stored
    first = seen.groupBy(*event).agg(F.min_by(values, AVAILABLE_AT).alias(_FIRST), F.min(AVAILABLE_AT).alias(_FIRST_KNOWN_AT))
    newest = present_rows(stored, labels).select(*event, values.alias(_VALUE), F.col(AVAILABLE_AT).alias(_KNOWN_AT))
    return _as_outcomes(first.join(newest, on=[*entity_key, EVENT_TIME], how="left"), entity_key)


def outcomes_of_aggregates(
    labels: DataFrame, known_at: str, mature_at: Column, entity_key: Sequence[str], targets: Sequence[str]
) -> DataFrame:
    """Return the outcome of each entity and prediction time, from labels that are aggregates of later events.

    Only the aggregates as they are known now are there. `first` is NULL if late events have changed them since they were mature.

    Args:
        labels: The entity key, `event_time` (the prediction time) and the targets, of mature labels.
        known_at: The column with the moment since which the targets have their values.
        mature_at: The moment at which a label was mature.
        entity_key: The entity key of the predictions.
        targets: The columns that are predicted.
    """
    values = F.struct(*map(quoted, targets))
    fields = {
        _FIRST: F.when(F.col(known_at) <= mature_at, values),
        _FIRST_KNOWN_AT: mature_at,
        _VALUE: values,
        _KNOWN_AT: F.col(known_at),
    }
    event = [*map(quoted, entity_key), EVENT_TIME]
    return _as_outcomes(labels.select(*event, *(value.alias(name) for name, value in fields.items())), entity_key)


def _as_outcomes(rows: DataFrame, entity_key: Sequence[str]) -> DataFrame:
    outcome = F.struct(_FIRST, _FIRST_KNOWN_AT, _VALUE, _KNOWN_AT).alias(OUTCOME)
    return rows.select(*map(quoted, entity_key), EVENT_TIME, outcome)


def daily_losses(outcomes: DataFrame, task: Task, target: str, zone: str) -> DataFrame:
    """Return how many predictions each release made for each day, how many outcomes are known, and the mean loss of these.

    Args:
        outcomes: Predictions with their outcomes, as `with_outcomes` returns them.
        task: The task of the model, which has the loss.
        target: The target that the model predicts.
        zone: The time zone of the days. A prediction belongs to the day of its prediction time.

    Returns:
        One row for each day, model version, release and arm, with `predictions`, `known` and the mean loss under its own name,
        such as `log_loss`. It is NULL if no outcome is known. Outcomes that are no label of the task are not known ones.
    """
    label = F.col(OUTCOME)[_VALUE][target]
    is_known = F.coalesce(label.isNotNull() & task.is_usable(label), F.lit(False))
    loss = F.when(is_known, task.loss(task.encoded(label), [F.col(quoted(name)) for name in task.outputs]))
    day = F.to_date(F.from_utc_timestamp(PREDICTION_TIME, zone)).alias("day")
    return (
        outcomes.groupBy(day, *_MADE_BY)
        .agg(F.count(F.lit(1)).alias("predictions"), F.count_if(is_known).alias("known"), F.avg(loss).alias(task.loss_name))
        .orderBy("day", *_MADE_BY)
    )
