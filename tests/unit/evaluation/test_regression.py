import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, mean_absolute_percentage_error, mean_squared_error

from tidegate.errors import UnusableRowsError
from tidegate.evaluation.regression import regression_metrics
from tidegate.evaluation.scored_rows import ScoredRows

MODELS = {name: (name,) for name in ("good", "constant", "zero", "huge")}


def rows_with_scores() -> pd.DataFrame:
    """3,000 rows with negative labels, and with many labels of 0."""
    generator = np.random.default_rng(5)
    label = np.round(generator.normal(3.0, 20.0, size=3_000))
    label[::7] = 0.0
    good = label + generator.normal(1.0, 5.0, size=3_000)
    return pd.DataFrame({"label": label, "good": good, "constant": 3.0, "zero": 0.0, "huge": 1e200 * np.sign(label)})


def test_regression_metrics_agree_with_scikit_learn(spark):
    rows = rows_with_scores()
    frame = spark.createDataFrame(rows)

    metrics = regression_metrics(ScoredRows(frame, "label", MODELS), "squared")

    not_zero = rows["label"] != 0
    for name in ("good", "constant", "zero"):
        numbers, label, scores = metrics[name].numbers(), rows["label"], rows[name]
        assert numbers == {
            "rows": 3_000.0,
            "squared_error": pytest.approx(mean_squared_error(label, scores)),
            "mae": pytest.approx(mean_absolute_error(label, scores)),
            "rmse": pytest.approx(mean_squared_error(label, scores) ** 0.5),
            "mean_error": pytest.approx((scores - label).mean()),
            "mean_label": pytest.approx(label.mean()),
            "mean_prediction": pytest.approx(scores.mean()),
            "mape": pytest.approx(mean_absolute_percentage_error(label[not_zero], scores[not_zero])),
            "mape_left_out": float((~not_zero).sum()),
        }
        assert metrics[name].loss == numbers["squared_error"]
    assert metrics["zero"].mape == pytest.approx(1.0)
    # The squares overflow. What is not finite is no number, and the rest stands.
    assert "squared_error" not in metrics["huge"].numbers()
    assert metrics["huge"].numbers()["mae"] == pytest.approx(1e200 * not_zero.mean())

    tenths = metrics["good"].errors.calibration
    assert [each.rows for each in tenths] == [pytest.approx(300, abs=15)] * 10
    in_order = rows.sort_values("good").groupby(np.arange(3_000) // 300)[["good", "label"]].mean()
    # A bin has predictions that differ by 0.4 %, so the border of a tenth can lie a few rows away.
    np.testing.assert_allclose([each.predicted for each in tenths], in_order["good"], atol=0.5)
    np.testing.assert_allclose([each.observed for each in tenths], in_order["label"], atol=1.0)
    assert sum(each.rows for each in tenths) == 3_000
    assert json.loads(json.dumps(metrics["good"].details()))["calibration"][0]["rows"] == tenths[0].rows
    assert len(metrics["constant"].errors.calibration) == 1


def test_regression_metrics_by_absolute_error_and_without_a_label_other_than_zero(spark):
    frame = spark.createDataFrame([(0, 1.0), (0, -3.0)], "label int, p double")

    measured = regression_metrics(ScoredRows(frame, "label", {"p": ("p",)}), "absolute")["p"]

    assert measured.loss == measured.numbers()["absolute_error"] == 2.0
    assert (measured.mape, measured.mape_left_out) == (None, 2)
    assert not {"mape", "squared_error"} & set(measured.numbers())


def test_regression_metrics_refuse_unusable_rows(spark):
    bad = (None, float("nan"), float("inf"), float("-inf"))
    frame = spark.createDataFrame(
        [(1.0, 1.0), *((each, 1.0) for each in bad), *((0.0, each) for each in bad[1:])], "label double, p double"
    )

    with pytest.raises(UnusableRowsError) as error:
        regression_metrics(ScoredRows(frame, "label", {"p": ("p",)}), "squared")

    assert "rows scored by p: 4 row(s) have no finite label; 3 row(s) have no finite prediction." in str(error.value)
