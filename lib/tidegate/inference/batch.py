"""One batch of predictions: features as known at each row's prediction time, scored in Python workers."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.predictions.provenance import COLUMNS, Provenance, with_provenance
from tidegate.predictions.write import PREDICTION_TIME
from tidegate.scorers.scoring import score_frame

PROBABILITY, PREDICTION = "probability", "prediction"


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
        rows: Entity columns, `event_time` (the prediction time) and the view's features.
        kept: Columns to keep, entity key among them.
        scoring: Scorer and provenance.
        scored_at: The moment of scoring, UTC.
    """
    scored = score_frame(rows.withColumnRenamed(EVENT_TIME, PREDICTION_TIME), scoring.scorer, PROBABILITY)
    decided = scored.withColumn(PREDICTION, (F.col(PROBABILITY) >= scoring.threshold).cast("int"))
    stamped = with_provenance(decided, scoring.provenance, scored_at)
    return stamped.select(*kept, PREDICTION_TIME, PROBABILITY, PREDICTION, *COLUMNS.names)
