import numpy as np
import pytest
from pyspark.sql import functions as F
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from tidegate.errors import MissingColumnsError, UnusableRowsError
from tidegate.evaluation.binary import binary_metrics
from tidegate.evaluation.scored_rows import ScoredRows


def evaluated(frame, *models):
    return binary_metrics(ScoredRows(frame, "label", {model: (model,) for model in models}))


def test_binary_metrics_agree_with_scikit_learn(spark):
    frame = spark.range(3_000).select(
        (F.rand(1) < F.rand(2) * 0.6).cast("int").alias("label"),
        F.round(F.rand(2), 4).alias("good"),
        F.lit(0.3).alias("constant"),
        F.when(F.col("id") % 3 == 0, 1.0).otherwise(0.0).alias("sure"),
        # Any name can be a column.
        F.round(F.rand(3), 4).cast("float").alias("my. model"),
    )
    rows = frame.toPandas()

    metrics = evaluated(spark.createDataFrame(rows), "good", "constant", "sure", "my. model")

    for name, measured in metrics.items():
        scores = rows[name].astype("float64")
        assert measured.roc_auc == pytest.approx(roc_auc_score(rows["label"], scores))
        assert measured.pr_auc == pytest.approx(average_precision_score(rows["label"], scores))
        assert measured.log_loss == measured.loss == pytest.approx(log_loss(rows["label"], scores.clip(1e-15, 1 - 1e-15)))
        assert measured.brier == pytest.approx(brier_score_loss(rows["label"], scores))
        assert measured.details()["calibration"][0]["predicted"] == measured.calibration[0].predicted
    assert metrics["good"].positive_rate == pytest.approx(rows["label"].mean())
    assert list(metrics["constant"].numbers()) == [
        *("rows", "positive_rate", "log_loss", "brier", "roc_auc", "pr_auc", "calibration_error")
    ]
    assert metrics["constant"].numbers()["rows"] == 3_000.0


def test_binary_metrics_of_one_class_have_no_areas(spark):
    frame = spark.createDataFrame([(0, 0.2, 0.1), (0, 0.4, 0.1)], "label int, p double, q double")

    metrics = evaluated(frame.withColumn("label", F.col("label") == 1), "p")["p"]
    ones = evaluated(frame.withColumn("label", F.lit(1)), "p", "q")

    assert (metrics.roc_auc, metrics.pr_auc, metrics.roc, metrics.details()["roc"]) == (None, None, None, None)
    assert metrics.log_loss == pytest.approx(-np.mean(np.log([0.8, 0.6])))
    assert "roc_auc" not in metrics.numbers()
    assert (ones["p"].pr_auc, ones["q"].pr_auc, ones["q"].roc_auc) == (1.0, 1.0, None)


def test_binary_metrics_bound_the_curve(spark):
    frame = spark.range(5_000).select((F.col("id") % 3 == 0).cast("int").alias("label"), (F.rand(3)).alias("p"))

    roc = evaluated(frame, "p")["p"].roc

    assert len(roc.x) <= 200
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0.0, 0.0, 1.0, 1.0)


def test_binary_metrics_refuse_unusable_rows(spark):
    rows = [(0, 0.1), (None, 0.5), (2, 0.5), (1, None), (1, 1.5), (1, float("nan")), (1, -0.1)]
    frame = spark.createDataFrame(rows, "label int, p double")

    with pytest.raises(UnusableRowsError) as error:
        evaluated(frame, "p")

    assert "rows scored by p: 2 row(s) have no label of 0 or 1; 4 row(s) have no probability between 0 and 1." in str(error.value)


def test_binary_metrics_refuse_no_rows_and_missing_columns(spark):
    empty = spark.createDataFrame([], "label int, p double")
    with pytest.raises(UnusableRowsError, match="rows scored by p: there are none"):
        evaluated(empty, "p")
    with pytest.raises(MissingColumnsError, match="q"):
        evaluated(empty, "p", "q")
