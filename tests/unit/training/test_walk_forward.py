"""Walk-forward: each fold trains on all rows before its span, and the smallest mean loss decides."""

import math
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import functions as F

from tidegate.datasets.view_rows import Span
from tidegate.errors import UnusableRowsError
from tidegate.evaluation.number_totals import NumberErrors
from tidegate.evaluation.regression import RegressionMetrics
from tidegate.training.prepared_splits import LABEL, prepare_splits
from tidegate.training.walk_forward import best_of_folds, measure_folds


def error(mse):
    return RegressionMetrics(10, "squared", NumberErrors(10, 0.0, 0.0, 0.0, 0.0, mse, ()), None, 0)


def test_the_smallest_mean_loss_over_the_folds_decides():
    folds = {
        "fold_1": {"linear": error(1.0), "trees": error(2.0), "naive": error(0.1)},
        "fold_2": {"linear": error(6.0), "trees": error(2.0), "naive": error(0.1)},
        "fold_3": {"linear": error(1.0), "trees": error(2.0), "naive": error(0.1)},
    }
    assert best_of_folds(folds, folds["fold_1"]) == "trees"
    assert best_of_folds({"fold_1": {"naive": error(0.1)}}, ["naive"]) == "naive"


@pytest.mark.slow
def test_a_fold_trains_on_all_rows_before_its_span_and_measures_on_the_span(splits, plan, spark):
    """The rows have an hour each, and the id is the hour."""
    spans = [(400, 900), (900, 1300)]
    start = datetime(2013, 1, 1, tzinfo=UTC)
    folds = tuple(Span(*(start + timedelta(hours=hour) for hour in span)) for span in spans)
    walking = replace(plan, estimators=(), folds=folds)
    labels = [row["delayed"] for row in splits.train.unionByName(splits.validation).orderBy("id").collect()]
    with closing(prepare_splits(splits, walking)) as data:
        before = set(spark.sparkContext._jsc.getPersistentRDDs().keySet())
        found = measure_folds(data.splits, walking)
        assert set(spark.sparkContext._jsc.getPersistentRDDs().keySet()) <= before

        # Only later rows have both answers.
        one_answer = data.splits.train.withColumn(LABEL, F.when(F.col("id") < 400, 0.0).otherwise(F.col(LABEL)))
        with pytest.raises(UnusableRowsError, match="train of fold_1 has one label only"):
            measure_folds(replace(data.splits, train=one_answer), walking)

    assert list(found) == ["fold_1", "fold_2"]
    for (first, last), models in zip(spans, found.values(), strict=True):
        share = sum(labels[:first]) / first
        losses = [-math.log(share if each else 1 - share) for each in labels[first:last]]
        assert models["naive"].rows == last - first
        assert models["naive"].loss == pytest.approx(sum(losses) / len(losses), rel=1e-9)
