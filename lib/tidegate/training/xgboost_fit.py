"""Fit XGBoost on Spark, and make its portable scorer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xgboost
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.functions import pandas_udf
from xgboost.spark import SparkXGBRegressor

from tidegate.schema import quoted
from tidegate.scorers.building import build_inputs
from tidegate.scorers.models.xgboost_trees import XGBoostTrees, boosted_scores
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.specification import Specification
from tidegate.tasks import Task
from tidegate.training.estimators.estimator import FittedModel, TrainingRows
from tidegate.training.estimators.xgboost import XGBoost
from tidegate.training.mllib_pipelines import feature_names, missing_pipeline
from tidegate.training.model_columns import ModelColumns

_VALIDATION, _PLACE, _ALL = "_is_validation", "_place", "_all_outputs"


def fit_xgboost(estimator: XGBoost, settings: Mapping[str, object], rows: TrainingRows, task: Task) -> FittedModel:
    """Fit a booster, and return the fitted model with its portable scorer.

    Args:
        estimator: The estimator.
        settings: Its parameters by XGBoost's names.
        rows: The training rows.
        task: The task.
    """
    prepare = missing_pipeline(rows.columns).fit(rows.frame)
    stopping = estimator.early_stopping_rounds if rows.validation is not None else None
    columns = feature_names(rows.columns)
    chosen: dict[str, Any] = {**settings}
    if rows.weight:
        chosen["weight_col"] = rows.weight
    if stopping:
        chosen |= {"early_stopping_rounds": stopping, "validation_indicator_col": _VALIDATION}
    kinds = ["c"] * len(rows.columns.categorical) + ["q"] * len(rows.columns.numeric)
    # XGBoost's classifier for Spark would choose the objective by itself. This class takes every objective.
    booster = SparkXGBRegressor(
        features_col=columns, feature_types=kinds, label_col=rows.label, verbosity=0, verbose=False, **chosen
    )
    model = booster.fit(_by_worker(rows, prepare, estimator.workers, validated=bool(stopping))).get_booster()
    if stopping:
        model = model[: model.best_iteration + 1]
    # Names and kinds of the training frame. Without them the booster takes any array.
    model.feature_names = None
    found = XGBoostTrees(booster=model.save_raw("json").decode())
    scorer = PortableScorer(Specification(inputs=build_inputs(prepare, columns), model=found, outputs=task.outputs))
    return FittedModel(
        kind=estimator.kind,
        scorer=scorer,
        importance=_importance(model, rows.columns),
        parameters=estimator.parameters(),
        own_scores=_OwnScores(prepare, columns, bytes(model.save_raw("ubj"))),
    )


def _by_worker(rows: TrainingRows, prepare: PipelineModel, workers: int, validated: bool) -> DataFrame:
    """Return the prepared rows in one partition for each worker, in the order in which they came.

    XGBoost itself would deal them out at random. Each worker needs training rows, and validation rows if there are any.
    """
    frame = prepare.transform(rows.frame)
    if validated and rows.validation is not None:
        placed = _placed(frame, False).unionByName(_placed(prepare.transform(rows.validation), True))
    elif frame.rdd.getNumPartitions() == workers:
        return frame
    else:
        placed = _placed(frame, False)
    # Spark can't start tasks together on partitions that `coalesce` or a union has made, so the rows are shuffled.
    by_place = placed.repartitionById(workers, F.pmod(_PLACE, F.lit(workers)).cast("int"))
    return by_place.sortWithinPartitions(_VALIDATION, _PLACE)


def _placed(frame: DataFrame, is_validation: bool) -> DataFrame:
    return frame.withColumns({_VALIDATION: F.lit(is_validation), _PLACE: F.monotonically_increasing_id()})


class _OwnScores:
    """Adds the outputs of a booster, as XGBoost computes them on the columns that MLlib prepared.

    Args:
        prepare: The fitted stages that prepare the columns.
        columns: The prepared columns, in the order of the features.
        booster: The booster, in XGBoost's binary format.
    """

    def __init__(self, prepare: PipelineModel, columns: Sequence[str], booster: bytes) -> None:
        self._prepare, self._columns, self._booster = prepare, columns, booster

    def __call__(self, frame: DataFrame, names: Sequence[str]) -> DataFrame:
        booster, fields = self._booster, [f"o{place}" for place in range(len(names))]

        def score(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.DataFrame]:
            loaded = xgboost.Booster()
            loaded.load_model(bytearray(booster))
            for batch in batches:
                matrix = np.column_stack([each.to_numpy(dtype=np.float64) for each in batch[1:]])
                yield pd.DataFrame(boosted_scores(loaded, matrix), columns=fields)

        kind = T.StructType([T.StructField(field, T.DoubleType()) for field in fields])
        # With one column more than there are features, Spark passes a tuple also to a model of one feature.
        scored: Any = pandas_udf(score, kind)  # type: ignore[call-overload]
        outputs = [F.col(f"{_ALL}.{field}").alias(name) for field, name in zip(fields, names, strict=True)]
        prepared = self._prepare.transform(frame).withColumn(_ALL, scored(F.lit(0), *map(quoted, self._columns)))
        return prepared.select(*(quoted(name) for name in frame.columns), *outputs)


def _importance(model: xgboost.Booster, columns: ModelColumns) -> dict[str, float]:
    """Return the share of each column in the gain of the trees, largest first; empty for trees without splits."""
    gains: dict[str, Any] = model.get_score(importance_type="total_gain")
    total = sum(gains.values())
    if not total:
        return {}
    shares = [(name, gains.get(f"f{place}", 0.0) / total) for place, name in enumerate(columns.names)]
    return dict(sorted(shares, key=lambda item: (-item[1], item[0])))
