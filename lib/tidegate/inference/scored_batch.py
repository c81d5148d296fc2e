"""Score one batch: turn rows with features, as known at each prediction time, into rows of the prediction table."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.predictions.columns import ABSENT_GROUPS, PREDICTION_TIME, WHY_NOT
from tidegate.predictions.provenance import Provenance, provenance_columns
from tidegate.schema import quoted
from tidegate.scorers.scoring import score_frame
from tidegate.tasks import Task

# Column with the names of the feature groups in which no row was found for a row to score.
ABSENT = "_absent_groups"
# Column that says why a row can't be predicted; NULL if it can.
MISSED = "_missed"


@dataclass(frozen=True)
class Scoring:
    """How a batch is scored.

    Attributes:
        scorer: The bytes of the portable scorer.
        provenance: The provenance that is written to every row.
        task: The task of the model, which makes the prediction columns from the numbers that the scorer gives.
    """

    scorer: bytes
    provenance: Provenance
    task: Task


def predictions(rows: DataFrame, kept: tuple[str, ...], scoring: Scoring, scored_at: datetime) -> DataFrame:
    """Score rows, and return their kept columns, prediction time, predictions and provenance.

    Args:
        rows: Rows with the entity columns, `event_time` (the prediction time), the features of the view, `_absent_groups` and
            `_missed`. The predictions of a row are NULL if `_missed` is not.
        kept: Columns to keep, including the entity key.
        scoring: Scorer, provenance and task.
        scored_at: The time of scoring, in UTC.

    Raises:
        MissingColumnsError: The rows lack a column that the scorer reads.
    """
    # Not the names of the outputs, because a feature of the view may have the same name.
    scores = [f"_score_{name}" for name in scoring.task.outputs]
    return score_frame(rows, scoring.scorer, scores).select(
        *map(quoted, kept),
        F.col(EVENT_TIME).alias(PREDICTION_TIME),
        *_of_predicted(scoring.task, scores),
        *provenance_columns(scoring.provenance, scored_at),
        F.col(ABSENT).alias(ABSENT_GROUPS),
        F.col(MISSED).alias(WHY_NOT),
    )


def _of_predicted(task: Task, scores: list[str]) -> list[Column]:
    """Return the columns of a task, with NULL in rows that can't be predicted."""
    columns = task.predictions([F.col(name) for name in scores])
    names = [field.name for field in task.prediction_fields]
    return [F.when(F.col(MISSED).isNull(), column).alias(name) for name, column in zip(names, columns, strict=True)]
