"""The fitted models, their references and the incumbent on the rows that none of them was fitted on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.evaluation import Metrics, PairedDifference, daily_losses, evaluate, paired_difference
from tidegate.registry import CHAMPION
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.scoring import score_frame
from tidegate.training.fitted_models import BASE_RATE, BOOSTED_TREES, LOGISTIC_REGRESSION, FittedModels
from tidegate.training.incumbent import Incumbent
from tidegate.training.plan import TrainingPlan
from tidegate.training.prepared_splits import DAY, PreparedSplits


@dataclass(frozen=True)
class EvaluatedModels:
    """How good the models are on the rows that none of them was fitted on.

    Attributes:
        metrics: By split and model.
        comparisons: The new model on the test split against each of the others.
        base_rate_against_champion: The base rate against the champion there; None where the champion was not scored.
    """

    metrics: Mapping[str, Mapping[str, Metrics]]
    comparisons: tuple[PairedDifference, ...]
    base_rate_against_champion: PairedDifference | None = None

    def against(self, reference: str) -> PairedDifference | None:
        """Return the comparison with one of the others, or None where it was not scored."""
        return next((item for item in self.comparisons if item.reference == reference), None)


def evaluate_models(
    data: PreparedSplits, models: FittedModels, incumbent: Incumbent | None, plan: TrainingPlan
) -> EvaluatedModels:
    """Score validation and test rows by every model and compare them; the champion on test rows only."""
    scorers = {BOOSTED_TREES: models.scorer, LOGISTIC_REGRESSION: models.logistic_regression_scorer}
    champion = {CHAMPION: incumbent.scorer} if incumbent and incumbent.scorer else {}
    with _scored(data.splits.validation, scorers, models.base_rate, plan) as validation:
        metrics = {"validation": evaluate(validation, plan.target, (*scorers, BASE_RATE))}
    with _scored(data.splits.test, {**scorers, **champion}, models.base_rate, plan) as test:
        names = (*scorers, BASE_RATE, *champion)
        metrics["test"] = evaluate(test, plan.target, names)
        daily = daily_losses(test, plan.target, DAY, names)
    others = [name for name in names if name != BOOSTED_TREES]
    comparisons = tuple(paired_difference(daily, BOOSTED_TREES, other) for other in others)
    fallback = paired_difference(daily, BASE_RATE, CHAMPION) if champion else None
    return EvaluatedModels(metrics, comparisons, fallback)


@contextmanager
def _scored(frame: DataFrame, scorers: Mapping[str, PortableScorer], base_rate: float, plan: TrainingPlan) -> Iterator[DataFrame]:
    # The portable scorers are what will score in production: they are measured, not the models that they equal.
    scored = frame.withColumn(BASE_RATE, F.lit(base_rate))
    for name, scorer in scorers.items():
        scored = score_frame(scored, scorer.to_bytes(), name)
    kept = scored.select(plan.target, DAY, BASE_RATE, *scorers).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        kept.unpersist()
