"""Evaluate the fitted models and the champion on rows that the fitted models were not fitted on."""

import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError, UnusableScoresError
from tidegate.evaluation import Metrics, PairedDifference, daily_losses, paired_difference
from tidegate.evaluation.slices import Slice, measure_slices
from tidegate.registry import CHAMPION
from tidegate.schema import quoted
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.scoring import score_frame
from tidegate.tasks import Binary, Task
from tidegate.training.fitted_models import NAIVE
from tidegate.training.prepared_splits import DAY, LABEL

LOG = logging.getLogger("tidegate")


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
        slices: How well the candidate predicts the test rows with each value of the columns that the rules of acceptance name.
            The slice with the largest loss comes first.
        unusable: Why a model, or the champion, could not be measured on the test rows, by name.
    """

    candidate: str
    metrics: Mapping[str, Mapping[str, Metrics]]
    comparisons: tuple[PairedDifference, ...]
    naive_against_champion: PairedDifference | None = None
    slices: Mapping[str, tuple[Slice, ...]] = field(default_factory=dict)
    unusable: Mapping[str, str] = field(default_factory=dict)

    def against(self, reference: str) -> PairedDifference | None:
        """Return the comparison of the candidate with another model, or None if that one was not scored."""
        return next((item for item in self.comparisons if item.reference == reference), None)

    @property
    def test_numbers(self) -> dict[str, float | None]:
        """Every test metric of the candidate that is a single number, and its skill, by name; None for those without a value."""
        models = self.metrics.get("test", {})
        if self.candidate not in models:
            return {}
        candidate = models[self.candidate]
        return {"skill": None, **candidate.all_numbers(), **_numbers(candidate, models[NAIVE])}

    def numbers(self) -> dict[str, float]:
        """Return every metric that is a single number, by the names under which MLflow keeps them.

        The skill of a model is the share of the naive model's loss that it avoids: 1 for a perfect model, 0 for the naive one.
        """
        found = {
            f"{split}.{name}.{measure}": value
            for split, models in self.metrics.items()
            for name, metrics in models.items()
            for measure, value in _numbers(metrics, models[NAIVE]).items()
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
    Models whose scores can't be compared, for example because they overflow, have no metrics and are not chosen.
    """
    metrics = measured(validation, scorers, task)[0]
    return with_smallest_loss({name: each.loss for name, each in metrics.items()}), metrics


def measured(frame: DataFrame, scorers: Mapping[str, PortableScorer], task: Task) -> tuple[dict[str, Metrics], Mapping[str, str]]:
    """Return the metrics of each model on prepared rows, and why some models can't be measured."""
    with _scored(frame, scorers, task) as scored:
        return _measured(scored, task, scorers)


def _measured(scored: DataFrame, task: Task, names: Iterable[str]) -> tuple[dict[str, Metrics], Mapping[str, str]]:
    """Measure the models whose scores can be used. One that overflows on some rows must not end the training of the others."""
    columns, unusable = {name: _score_columns(name, task) for name in names}, dict[str, str]()
    while True:
        try:
            return task.evaluate(scored, LABEL, columns), unusable
        except UnusableScoresError as error:
            if error.model == NAIVE:
                raise
            LOG.warning("model %s is left out of the comparison: %s", error.model, error)
            unusable[error.model] = str(error)
            del columns[error.model]


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
    slice_columns: Sequence[str] = (),
) -> EvaluatedModels:
    """Score the test rows with every model and with the champion, and compare them.

    Args:
        test: The test rows.
        scorers: The scorers of the fitted models by name.
        champion: The scorer of the champion; None if there is none that can score the rows.
        task: The task.
        chosen: What `best_on_validation` returned.
        slice_columns: Columns of the test rows. The candidate is measured on the rows of each of their values.

    Raises:
        UnusableRowsError: The chosen model gives scores of the test rows that can't be compared.
    """
    candidate, validation = chosen
    every = {**{name: scorers[name] for name in validation}, **({CHAMPION: champion} if champion else {})}
    # A slice column may have the name of a score.
    held_in = {name: f"_slice_{place}" for place, name in enumerate(slice_columns)}
    with _scored(test, every, task, held_in) as scored:
        columns = {name: _score_columns(name, task) for name in every}
        metrics, unusable = _measured(scored, task, every)
        if candidate in unusable:
            raise UnusableRowsError("split test", [f"the chosen model {candidate} can't score it: {unusable[candidate]}"])
        losses = {name: task.loss(F.col(LABEL), [F.col(each) for each in columns[name]]) for name in metrics}
        daily = daily_losses(scored, DAY, losses)
        slices = measure_slices(scored, held_in, losses[candidate], _selected(columns[candidate], task))
    comparisons = tuple(paired_difference(daily, candidate, name) for name in metrics if name != candidate)
    fallback = paired_difference(daily, NAIVE, CHAMPION) if CHAMPION in metrics else None
    return EvaluatedModels(candidate, {"validation": validation, "test": metrics}, comparisons, fallback, slices, unusable)


@contextmanager
def _scored(
    frame: DataFrame, scorers: Mapping[str, PortableScorer], task: Task, also: Mapping[str, str] | None = None
) -> Iterator[DataFrame]:
    """Yield a persisted frame with the label, the day, the scores of each model and the columns of `also` under new names."""
    # Production uses the portable scorers, so these are evaluated, not the models that they were built from.
    scored = frame
    for name, scorer in scorers.items():
        scored = score_frame(scored, scorer.to_bytes(), _score_columns(name, task))
    scores = [column for name in scorers for column in _score_columns(name, task)]
    further = [F.col(quoted(name)).alias(new) for name, new in (also or {}).items()]
    kept = scored.select(LABEL, DAY, *scores, *further).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        kept.unpersist()


def _score_columns(model: str, task: Task) -> tuple[str, ...]:
    # A feature may have the name of a model or of an output.
    return tuple(f"_score_{model}_{output}" for output in task.outputs)


def _selected(scores: Sequence[str], task: Task) -> Column | None:
    """Return whether class 1 is predicted, or None if the task is not binary."""
    return task.selected([F.col(name) for name in scores]) if isinstance(task, Binary) else None


def _numbers(metrics: Metrics, naive: Metrics) -> dict[str, float]:
    has_skill = 0 < naive.loss < math.inf and math.isfinite(metrics.loss)
    return {**metrics.numbers(), **({"skill": 1.0 - metrics.loss / naive.loss} if has_skill else {})}
