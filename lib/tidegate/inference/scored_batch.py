"""Score one batch: turn rows with features, as known at each prediction time, into rows of the prediction table."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.predictions.columns import ABSENT_GROUPS, PREDICTION, PREDICTION_TIME, PROBABILITY
from tidegate.predictions.provenance import Provenance, provenance_columns
from tidegate.schema import quoted
from tidegate.scorers.scoring import score_frame

# Not `probability`, because a feature of the view may have that name.
_SCORE = "_score"
# Column with the names of the feature groups in which no row was found for a row to score.
ABSENT = "_absent_groups"


@dataclass(frozen=True)
class Scoring:
    """How a batch is scored.

    Attributes:
        scorer: The bytes of the portable scorer.
        provenance: The provenance that is written to every row.
        threshold: The prediction is 1 if the probability is at least this, else 0.
    """

    scorer: bytes
    provenance: Provenance
    threshold: float = 0.5


def predictions(rows: DataFrame, kept: tuple[str, ...], scoring: Scoring, scored_at: datetime) -> DataFrame:
    """Score rows, and return their kept columns, prediction time, probability, prediction and provenance.

    Args:
        rows: Rows with the entity columns, `event_time` (the prediction time), the features of the view and `_absent_groups`.
        kept: Columns to keep, including the entity key.
        scoring: Scorer, provenance and threshold.
        scored_at: The time of scoring, in UTC.

    Raises:
        MissingColumnsError: The rows lack a column that the scorer reads.
    """
    return score_frame(rows, scoring.scorer, (_SCORE,)).select(
        *map(quoted, kept),
        F.col(EVENT_TIME).alias(PREDICTION_TIME),
        F.col(_SCORE).alias(PROBABILITY),
        (F.col(_SCORE) >= scoring.threshold).cast("int").alias(PREDICTION),
        *provenance_columns(scoring.provenance, scored_at),
        F.col(ABSENT).alias(ABSENT_GROUPS),
    )
