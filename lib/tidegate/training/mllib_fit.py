"""Fit a pipeline of MLlib, and make its portable scorer."""

from collections.abc import Callable, Sequence
from typing import Any

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.base import Estimator as MLlibEstimator
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.schema import quoted
from tidegate.scorers.building import build_scorer
from tidegate.tasks import Task
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows
from tidegate.training.mllib_pipelines import FEATURES, PREDICTION, PROBABILITY
from tidegate.training.model_columns import ModelColumns


def fit_pipeline(estimator: Estimator, pipeline: Pipeline, rows: TrainingRows, task: Task) -> FittedModel:
    """Fit a pipeline, and return the fitted model with its portable scorer.

    Args:
        estimator: The estimator whose pipeline it is.
        pipeline: The pipeline.
        rows: The training rows.
        task: The task that it answers.

    Raises:
        UnsupportedModelError: The pipeline has no portable form.
    """
    return _fitted(estimator, pipeline.fit(rows.frame), rows, task)


def fit_on_features(
    estimator: Estimator, features: Pipeline, last: Callable[[int], MLlibEstimator[Any]], rows: TrainingRows, task: Task
) -> FittedModel:
    """Fit a pipeline whose last stage has to know how many features there are.

    Args:
        estimator: The estimator whose pipeline it is.
        features: The stages that make the features.
        last: Makes the last stage from the number of features.
        rows: The training rows.
        task: The task that it answers.

    Raises:
        UnsupportedModelError: The pipeline has no portable form.
    """
    before = features.fit(rows.frame)
    prepared = before.transform(rows.frame)
    width = prepared.schema[FEATURES].metadata["ml_attr"]["num_attrs"]
    model = last(width).fit(prepared)
    return _fitted(estimator, PipelineModel([*before.stages, model]), rows, task)


def _fitted(estimator: Estimator, model: PipelineModel, rows: TrainingRows, task: Task) -> FittedModel:
    def own_scores(frame: DataFrame, names: Sequence[str]) -> DataFrame:
        columns = [F.col(quoted(name)) for name in frame.columns]
        return model.transform(frame).select(*columns, *(score.alias(name) for score, name in _scores(task, names)))

    return FittedModel(
        kind=estimator.kind,
        scorer=build_scorer(model, task.outputs),
        pipeline=model,
        importance=_importance(model, rows.columns),
        parameters=estimator.parameters(),
        own_scores=own_scores,
    )


def _scores(task: Task, names: Sequence[str]) -> list[tuple[Column, str]]:
    """Return what MLlib gives for each output, with its name."""
    if not task.classes:
        return [(F.col(PREDICTION), name) for name in names]
    probabilities = vector_to_array(F.col(PROBABILITY))
    first = 1 if len(names) == 1 else 0
    return [(_known(probabilities, place), name) for place, name in enumerate(names, start=first)]


def _known(probabilities: Column, place: int) -> Column:
    # For an infinite margin MLlib gives the class the probability 1, and to the others NaN where 0 is meant.
    probability = probabilities[place]
    return F.when(F.isnan(probability) & F.array_contains(probabilities, 1.0), F.lit(0.0)).otherwise(probability)


def _importance(model: PipelineModel, columns: ModelColumns) -> dict[str, float]:
    """Return the share of each column in the gain of the trees, largest first; empty for models without trees or splits."""
    gains = getattr(model.stages[-1], "featureImportances", None)
    if gains is None or not gains.toArray().sum():
        return {}
    shares = zip(columns.names, gains.toArray(), strict=True)
    return {name: float(share) for name, share in sorted(shares, key=lambda item: (-item[1], item[0]))}
