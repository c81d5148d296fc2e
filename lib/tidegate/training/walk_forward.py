"""Walk-forward: fit and measure every estimator on several spans of time, one after the other, to choose among them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.evaluation import Metrics
from tidegate.moments import moment_column
from tidegate.progress import timed_step
from tidegate.schema import quoted
from tidegate.training.evaluated_models import measured, with_smallest_loss
from tidegate.training.fitted_models import fit_rows
from tidegate.training.fixed_order import in_fixed_order
from tidegate.training.prepared_splits import LABEL
from tidegate.training.split_summary import require_trainable, summarise
from tidegate.training.training_plan import Splits, TrainingPlan


def measure_folds(splits: Splits, plan: TrainingPlan) -> dict[str, dict[str, Metrics]]:
    """Return the metrics of each estimator on the span of each fold, by the name of the fold (`fold_1`), then of the model.

    Args:
        splits: The prepared rows. The folds divide those of the training and the validation split.
        plan: The plan, with the spans of the folds.

    Raises:
        UnusableRowsError: A fold has no rows, or the rows before its span can't be trained on.
    """
    rows, time = splits.train.unionByName(splits.validation), F.col(quoted(plan.time))
    found = {}
    for number, span in enumerate(plan.folds, 1):
        start, end = moment_column(span.start), moment_column(span.end)
        name = f"fold_{number}"
        with timed_step(name):
            found[name] = _measured_fold(name, rows.where(time < start), rows.where((time >= start) & (time < end)), plan)
    return found


def best_of_folds(folds: Mapping[str, Mapping[str, Metrics]], among: Iterable[str]) -> str:
    """Return the name of the model with the smallest mean loss over the folds. All folds count the same.

    Args:
        folds: The metrics by fold, then by model.
        among: The models to choose among. One that could not be measured on a fold is not chosen.
    """
    names = [name for name in among if all(name in each for each in folds.values())]
    return with_smallest_loss({name: sum(each[name].loss for each in folds.values()) / len(folds) for name in names})


def _measured_fold(name: str, before: DataFrame, span: DataFrame, plan: TrainingPlan) -> dict[str, Metrics]:
    """Fit all estimators to the rows before a span, and return their metrics on the rows of the span."""
    before_name = f"train of {name}"
    with _persisted(before, plan) as train, _persisted(span, plan) as rows:
        summaries = {each: summarise(each, frame, plan, LABEL) for each, frame in ((before_name, train), (name, rows))}
        require_trainable(summaries, trained_on=before_name)
        models = fit_rows(train, rows, summaries[before_name].most_labels, plan)
        return measured(rows, {each: model.scorer for each, model in models.items()}, plan.task)[0]


@contextmanager
def _persisted(frame: DataFrame, plan: TrainingPlan) -> Iterator[DataFrame]:
    ordered = in_fixed_order(frame, plan.key, plan.partitions).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield ordered
    finally:
        ordered.unpersist()
