import numpy as np
import pytest
from pyspark.sql import functions as F
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from tidegate.errors import UnusableRowsError
from tidegate.evaluation import evaluate


def test_evaluate_agrees_with_scikit_learn(spark):
    frame = spark.range(3_000).select(
        (F.rand(1) < F.rand(2) * 0.6).cast("int").alias("label"),
        F.round(F.rand(2), 4).alias("good"),
        F.lit(0.3).alias("constant"),
        F.when(F.col("id") % 3 == 0, 1.0).otherwise(0.0).alias("sure"),
    )
    rows = frame.toPandas()

    metrics = evaluate(spark.createDataFrame(rows), "label", ("good", "constant", "sure"))

    for name in ("good", "constant", "sure"):
        assert metrics[name].roc_auc == pytest.approx(roc_auc_score(rows["label"], rows[name]))
        assert metrics[name].pr_auc == pytest.approx(average_precision_score(rows["label"], rows[name]))
        kept = rows[name].clip(1e-15, 1 - 1e-15)
        assert metrics[name].log_loss == pytest.approx(log_loss(rows["label"], kept))
    assert metrics["good"].positive_rate == pytest.approx(rows["label"].mean())
    assert metrics["constant"].numbers()["rows"] == 3_000.0


def test_evaluate_of_one_class_has_no_areas(spark):
    frame = spark.createDataFrame([(0, 0.2), (0, 0.4)], "label int, p double")

    metrics = evaluate(frame, "label", ["p"])["p"]

    assert (metrics.roc_auc, metrics.pr_auc, metrics.roc) == (None, None, None)
    assert metrics.log_loss == pytest.approx(-np.mean(np.log([0.8, 0.6])))
    assert "roc_auc" not in metrics.numbers()


def test_evaluate_bounds_the_curve(spark):
    frame = spark.range(5_000).select((F.col("id") % 3 == 0).cast("int").alias("label"), (F.rand(3)).alias("p"))

    roc = evaluate(frame, "label", ["p"])["p"].roc

    assert len(roc.x) <= 200
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize("row", [(None, 0.5), (2, 0.5), (1, None), (1, 1.5), (1, float("nan"))])
def test_evaluate_refuses_unusable_rows(spark, row):
    frame = spark.createDataFrame([(0, 0.1), row], "label int, p double")

    with pytest.raises(UnusableRowsError, match=r"rows scored by p: 1 row\(s\)"):
        evaluate(frame, "label", ["p"])


def test_evaluate_refuses_no_rows(spark):
    with pytest.raises(UnusableRowsError, match="there are none"):
        evaluate(spark.createDataFrame([], "label int, p double"), "label", ["p"])
