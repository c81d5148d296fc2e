"""Check, before anything is registered, that a portable scorer gives the same probabilities as the MLlib pipeline."""

from dataclasses import dataclass

from pyspark.ml import PipelineModel
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.errors import ScorerMismatchError, UnusableRowsError
from tidegate.scorers.check_cases import CASE, check_cases
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.scoring import score_frame
from tidegate.scorers.specification import BoostedTrees

TREE_TOLERANCE = 1e-9
TOLERANCE = 1e-6
_PORTABLE = "_check_portable_probability"
_DIFFERENCE = "_check_difference"


@dataclass(frozen=True)
class ScorerCheck:
    """The result of a successful comparison.

    Attributes:
        rows: Number of rows compared, including those with awkward values.
        cases: Number of kinds of rows compared: ordinary rows, and one kind for each column and awkward value.
        largest_difference: Largest absolute difference between the two probabilities of a row.
        tolerance: Largest difference that counts as equal.
    """

    rows: int
    cases: int
    largest_difference: float
    tolerance: float


def check_scorer(scorer: PortableScorer, model: PipelineModel, frame: DataFrame) -> ScorerCheck:
    """Compare the scorer with `model.transform` on at least 10,000 rows and on every kind of awkward value.

    The comparison runs in Spark. The driver collects one row for each kind of row.

    Args:
        scorer: The scorer that was built from the model.
        model: The fitted pipeline.
        frame: Real rows with the columns of the model.

    Raises:
        ScorerMismatchError: A difference is above the tolerance (1e-9 for trees, 1e-6 otherwise).
        UnusableRowsError: The frame is empty.
    """
    rows = frame.count()
    if not rows:
        raise UnusableRowsError("rows to check a scorer on", ["there are none"])
    cases = check_cases(frame, rows, scorer)
    scored = score_frame(model.transform(cases), scorer.to_bytes(), _PORTABLE)
    compared = scored.select(CASE, _difference(model).alias(_DIFFERENCE))
    return _judged(compared, TREE_TOLERANCE if isinstance(scorer.specification.model, BoostedTrees) else TOLERANCE)


def _difference(model: PipelineModel) -> Column:
    classifier = model.stages[-1]
    expected, actual = vector_to_array(F.col(classifier.getOrDefault("probabilityCol")))[1], F.col(_PORTABLE)
    equal = (F.isnan(expected) & F.isnan(actual)) | (expected == actual)
    # Spark orders NaN above every number, so a NaN on one side only counts as the largest difference.
    return F.when(equal, F.lit(0.0)).otherwise(F.abs(expected - actual))


def _judged(compared: DataFrame, tolerance: float) -> ScorerCheck:
    kinds = compared.groupBy(CASE).agg(
        F.count("*").alias("rows"),
        F.max(_DIFFERENCE).alias("largest"),
        F.count_if(F.coalesce(F.col(_DIFFERENCE) > tolerance, F.lit(True))).alias("wrong"),
    )
    by_kind = kinds.collect()
    wrong = {row[CASE]: (row["wrong"], row["largest"]) for row in by_kind if row["wrong"]}
    if wrong:
        raise ScorerMismatchError(wrong, tolerance)
    return ScorerCheck(
        rows=sum(row["rows"] for row in by_kind),
        cases=len(by_kind),
        largest_difference=max(row["largest"] for row in by_kind),
        tolerance=tolerance,
    )
