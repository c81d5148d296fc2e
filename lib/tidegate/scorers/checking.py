"""Check, before anything is registered, that a portable scorer gives the same answers as the fitted model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.errors import ScorerMismatchError, UnusableRowsError
from tidegate.scorers.check_cases import CASE, check_cases
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.scoring import score_frame

_DIFFERENCE = "_check_difference"


class Fitted(Protocol):
    """A fitted model and its portable scorer."""

    @property
    def scorer(self) -> PortableScorer:
        """The scorer that was made from the model."""

    def transform(self, frame: DataFrame, names: Sequence[str]) -> DataFrame:
        """Add the outputs of the scorer under the given names, computed by the fitted model."""


@dataclass(frozen=True)
class ScorerCheck:
    """The result of a successful comparison.

    Attributes:
        rows: Number of rows compared, including those with awkward values.
        cases: Number of kinds of rows compared: ordinary rows, and one kind for each column and awkward value.
        largest_difference: Largest difference between an output of the scorer and of the model. For outputs beyond 1 it is
            relative.
        tolerance: Largest difference that counts as equal.
    """

    rows: int
    cases: int
    largest_difference: float
    tolerance: float


def check_scorer(fitted: Fitted, frame: DataFrame) -> ScorerCheck:
    """Compare a scorer with its model on at least 10,000 rows and on every kind of awkward value.

    The comparison runs in Spark. The driver collects one row for each kind of row.

    Args:
        fitted: The fitted model with its scorer.
        frame: Real rows with the columns of the model.

    Raises:
        ScorerMismatchError: A difference is above the tolerance of the model's kind (1e-9 for trees of MLlib, 1e-6 for most
            others).
        UnusableRowsError: The frame is empty.
    """
    scorer = fitted.scorer
    rows = frame.count()
    if not rows:
        raise UnusableRowsError("rows to check a scorer on", ["there are none"])
    expected, actual = ([f"_check_{of}_{name}" for name in scorer.outputs] for of in ("model", "portable"))
    cases = check_cases(frame, rows, scorer)
    scored = score_frame(fitted.transform(cases, expected), scorer.to_bytes(), actual)
    differences = [_difference(_number(one), _number(other)) for one, other in zip(expected, actual, strict=True)]
    compared = scored.select(CASE, F.array_max(F.array(*differences)).alias(_DIFFERENCE))
    return _judged(compared, scorer.specification.tolerance)


def _number(name: str) -> Column:
    # Spark makes a NULL of a NaN that a pandas function returns.
    return F.coalesce(F.col(name), F.lit(float("nan")))


def _difference(expected: Column, actual: Column) -> Column:
    equal = (F.isnan(expected) & F.isnan(actual)) | (expected == actual)
    # Spark orders NaN above every number, so a NaN on one side only counts as the largest difference.
    return F.when(equal, F.lit(0.0)).otherwise(F.abs(expected - actual) / F.greatest(F.lit(1.0), F.abs(expected)))


def _judged(compared: DataFrame, tolerance: float) -> ScorerCheck:
    kinds = compared.groupBy(CASE).agg(
        F.count("*").alias("rows"),
        F.max(_DIFFERENCE).alias("largest"),
        F.count_if(F.col(_DIFFERENCE) > tolerance).alias("wrong"),
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
