"""One batch of predictions: features as known at each row's prediction time, scored in Python workers."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.predictions.columns import ABSENT_GROUPS, PREDICTION, PREDICTION_TIME, PROBABILITY
from tidegate.predictions.provenance import Provenance, provenance_columns
from tidegate.schema import quoted
from tidegate.scorers.scoring import score_frame

# A feature of the view may be called `probability`.
_SCORE = "_score"
# Names of the groups of which a row to score found no row.
ABSENT = "_absent_groups"


@dataclass(frozen=True)
class Scoring:
    """How a batch is scored.

    Attributes:
        scorer: The portable scorer's bytes.
        provenance: What every row is stamped with.
        threshold: Probability from which the prediction is 1.
    """

    scorer: bytes
    provenance: Provenance
    threshold: float = 0.5


def predictions(rows: DataFrame, kept: tuple[str, ...], scoring: Scoring, scored_at: datetime) -> DataFrame:
    """Return the kept columns, prediction time, probability, prediction and provenance of rows with features.

    Args:
        rows: Entity columns, `event_time` (the prediction time), the view's features and `_absent_groups`.
        kept: Columns to keep, entity key among them.
        scoring: Scorer and provenance.
        scored_at: The moment of scoring, UTC.
    """
    return score_frame(rows, scoring.scorer, _SCORE).select(
        *map(quoted, kept),
        F.col(EVENT_TIME).alias(PREDICTION_TIME),
        F.col(_SCORE).alias(PROBABILITY),
        (F.col(_SCORE) >= scoring.threshold).cast("int").alias(PREDICTION),
        *provenance_columns(scoring.provenance, scored_at),
        F.col(ABSENT).alias(ABSENT_GROUPS),
    )
