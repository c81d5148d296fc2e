"""Evaluate the fitted model, its references and the champion on rows that the new model was not fitted on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.evaluation import Metrics, PairedDifference, daily_losses, evaluate, paired_difference
from tidegate.registry import CHAMPION
from tidegate.schema import quoted
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.scoring import score_frame
from tidegate.training.fitted_models import BASE_RATE, BOOSTED_TREES, LOGISTIC_REGRESSION, FittedModels
from tidegate.training.incumbent import Incumbent
from tidegate.training.prepared_splits import DAY, PreparedSplits
from tidegate.training.training_plan import TrainingPlan

_LABEL = "_label"


@dataclass(frozen=True)
class EvaluatedModels:
    """The quality of the models on the validation and test splits.

    Attributes:
        metrics: Metrics by split, then by model.
        comparisons: The new model compared with each of the other models on the test split.
        base_rate_against_champion: The base rate compared with the champion on the test split. None if there is no champion, or
            it could not be scored.
    """

    metrics: Mapping[str, Mapping[str, Metrics]]
    comparisons: tuple[PairedDifference, ...]
    base_rate_against_champion: PairedDifference | None = None

    def against(self, reference: str) -> PairedDifference | None:
        """Return the comparison of the new model with another one, or None if that one was not scored."""
        return next((item for item in self.comparisons if item.reference == reference), None)


def evaluate_models(
    data: PreparedSplits, models: FittedModels, incumbent: Incumbent | None, plan: TrainingPlan
) -> EvaluatedModels:
    """Score the validation and test rows with every model, and compare the models on the test rows.

    The champion scores the test rows only.
    """
    scorers = {BOOSTED_TREES: models.scorer, LOGISTIC_REGRESSION: models.logistic_regression_scorer}
    champion = {CHAMPION: incumbent.scorer} if incumbent and incumbent.scorer else {}
    with _scored(data.splits.validation, scorers, models.base_rate, plan) as validation:
        metrics = {"validation": evaluate(validation, _LABEL, (*scorers, BASE_RATE))}
    with _scored(data.splits.test, {**scorers, **champion}, models.base_rate, plan) as test:
        names = (*scorers, BASE_RATE, *champion)
        metrics["test"] = evaluate(test, _LABEL, names)
        daily = daily_losses(test, _LABEL, DAY, names)
    others = [name for name in names if name != BOOSTED_TREES]
    comparisons = tuple(paired_difference(daily, BOOSTED_TREES, other) for other in others)
    fallback = paired_difference(daily, BASE_RATE, CHAMPION) if champion else None
    return EvaluatedModels(metrics, comparisons, fallback)


@contextmanager
def _scored(frame: DataFrame, scorers: Mapping[str, PortableScorer], base_rate: float, plan: TrainingPlan) -> Iterator[DataFrame]:
    """Yield a persisted frame with the label, the day and the probabilities of each model under its name, and nothing else."""
    # Production uses the portable scorers, so these are evaluated, not the MLlib models that they were built from.
    scored = frame
    for name, scorer in scorers.items():
        # A feature may have the same name as a model, so the score has another name until the features are dropped.
        scored = score_frame(scored, scorer.to_bytes(), (_score_of(name),))
    scores = [F.col(_score_of(name)).alias(name) for name in scorers]
    label = F.col(quoted(plan.target)).alias(_LABEL)
    kept = scored.select(label, DAY, F.lit(base_rate).alias(BASE_RATE), *scores).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        kept.unpersist()


def _score_of(model: str) -> str:
    return f"_score_{model}"
