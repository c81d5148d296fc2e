"""Evaluate the fitted models and the champion on rows that the fitted models were not fitted on."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.evaluation import Metrics, PairedDifference, daily_losses, paired_difference
from tidegate.registry import CHAMPION
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.scoring import score_frame
from tidegate.tasks import Task
from tidegate.training.fitted_models import NAIVE
from tidegate.training.prepared_splits import DAY, LABEL


@dataclass(frozen=True)
class EvaluatedModels:
    """The quality of the models on the validation and test splits.

    Attributes:
        candidate: Name of the chosen model, which has the smallest loss on the validation rows or, with walk-forward, the
            smallest mean loss over the folds.
        metrics: Metrics by split, then by model. With walk-forward, each fold (`fold_1`) is a split too.
        comparisons: The candidate compared with each of the other models on the test split.
        naive_against_champion: The naive model compared with the champion on the test split. None if there is no champion, or it
            could not be scored.
    """

    candidate: str
    metrics: Mapping[str, Mapping[str, Metrics]]
    comparisons: tuple[PairedDifference, ...]
    naive_against_champion: PairedDifference | None = None

    def against(self, reference: str) -> PairedDifference | None:
        """Return the comparison of the candidate with another model, or None if that one was not scored."""
        return next((item for item in self.comparisons if item.reference == reference), None)

    def numbers(self) -> dict[str, float]:
        """Return every metric that is a single number, by the names under which MLflow keeps them.

        The skill of a model is the share of the naive model's loss that it avoids: 1 for a perfect model, 0 for the naive one.
        """
        found = {
            f"{split}.{name}.{measure}": value
            for split, models in self.metrics.items()
            for name, metrics in models.items()
            for measure, value in {**metrics.numbers(), **_skill(metrics, models[NAIVE])}.items()
        }
        for item in self.comparisons:
            name = f"test.loss_difference.{item.reference}"
            found |= {name: item.difference, f"{name}.lower": item.lower, f"{name}.upper": item.upper}
        return found


def best_on_validation(
    validation: DataFrame, scorers: Mapping[str, PortableScorer], task: Task
) -> tuple[str, dict[str, Metrics]]:
    """Return the fitted model with the smallest loss on the validation rows, and the metrics of all.

    Of models with equal losses the first one is returned. The naive model is a reference and is never chosen if there is another.
    """
    metrics = measured(validation, scorers, task)
    return with_smallest_loss({name: each.loss for name, each in metrics.items()}), metrics


def measured(frame: DataFrame, scorers: Mapping[str, PortableScorer], task: Task) -> dict[str, Metrics]:
    """Return the metrics of each model on prepared rows."""
    with _scored(frame, scorers, task) as scored:
        return task.evaluate(scored, LABEL, {name: _score_columns(name, task) for name in scorers})


def with_smallest_loss(losses: Mapping[str, float]) -> str:
    """Return the name of the model with the smallest loss, the first one of several. The naive model is the last resort."""
    fitted = [name for name in losses if name != NAIVE] or [NAIVE]
    return min(fitted, key=lambda name: losses[name])


def evaluate_models(
    test: DataFrame,
    scorers: Mapping[str, PortableScorer],
    champion: PortableScorer | None,
    task: Task,
    chosen: tuple[str, dict[str, Metrics]],
) -> EvaluatedModels:
    """Score the test rows with every model and with the champion, and compare them.

    Args:
        test: The test rows.
        scorers: The scorers of the fitted models by name.
        champion: The scorer of the champion; None if there is none that can score the rows.
        task: The task.
        chosen: What `best_on_validation` returned.
    """
    candidate, validation = chosen
    every = {**scorers, **({CHAMPION: champion} if champion else {})}
    with _scored(test, every, task) as scored:
        columns = {name: _score_columns(name, task) for name in every}
        metrics = task.evaluate(scored, LABEL, columns)
        losses = {name: task.loss(F.col(LABEL), [F.col(each) for each in names]) for name, names in columns.items()}
        daily = daily_losses(scored, DAY, losses)
    comparisons = tuple(paired_difference(daily, candidate, name) for name in every if name != candidate)
    fallback = paired_difference(daily, NAIVE, CHAMPION) if champion else None
    return EvaluatedModels(candidate, {"validation": validation, "test": metrics}, comparisons, fallback)


@contextmanager
def _scored(frame: DataFrame, scorers: Mapping[str, PortableScorer], task: Task) -> Iterator[DataFrame]:
    """Yield a persisted frame with the label, the day and the scores of each model, and nothing else."""
    # Production uses the portable scorers, so these are evaluated, not the models that they were built from.
    scored = frame
    for name, scorer in scorers.items():
        scored = score_frame(scored, scorer.to_bytes(), _score_columns(name, task))
    scores = [column for name in scorers for column in _score_columns(name, task)]
    kept = scored.select(LABEL, DAY, *scores).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        kept.unpersist()


def _score_columns(model: str, task: Task) -> tuple[str, ...]:
    # A feature may have the name of a model or of an output.
    return tuple(f"_score_{model}_{output}" for output in task.outputs)


def _skill(metrics: Metrics, naive: Metrics) -> dict[str, float]:
    return {"skill": 1.0 - metrics.loss / naive.loss} if 0 < naive.loss < math.inf and math.isfinite(metrics.loss) else {}
