import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, mean_poisson_deviance, mean_squared_error

from tidegate.errors import UnusableRowsError
from tidegate.evaluation.count import count_metrics
from tidegate.evaluation.scored_rows import ScoredRows


def test_count_metrics_agree_with_scikit_learn(spark):
    generator = np.random.default_rng(3)
    rate = generator.gamma(0.7, 4.0, size=3_000)
    rows = pd.DataFrame({"label": generator.poisson(rate), "good": rate, "constant": rate.mean(), "small": 1e-15})

    metrics = count_metrics(ScoredRows(spark.createDataFrame(rows), "label", {name: (name,) for name in rows.columns[1:]}))

    assert (rows["label"] == 0).sum() > 500
    for name, measured in metrics.items():
        label, scores = rows["label"], rows[name]
        assert measured.numbers() == {
            "rows": 3_000.0,
            "poisson_deviance": pytest.approx(mean_poisson_deviance(label, scores)),
            "mae": pytest.approx(mean_absolute_error(label, scores)),
            "rmse": pytest.approx(mean_squared_error(label, scores) ** 0.5),
            "mean_label": pytest.approx(label.mean()),
            "mean_rate": pytest.approx(scores.mean()),
        }
        assert measured.loss == measured.poisson_deviance
    tenths = metrics["good"].details()["calibration"]
    assert [each["rows"] for each in tenths] == [pytest.approx(300, abs=15)] * 10
    assert tenths[-1]["observed"] == pytest.approx(tenths[-1]["predicted"], rel=0.1)


def test_count_metrics_take_a_rate_of_zero_and_no_events(spark):
    frame = spark.createDataFrame([(0, 0.0), (0, 0.0)], "label int, p double")

    measured = count_metrics(ScoredRows(frame, "label", {"p": ("p",)}))["p"]

    assert measured.poisson_deviance == pytest.approx(0.0, abs=1e-14)
    assert measured.errors.calibration[0].rows == 2


def test_count_metrics_refuse_unusable_rows(spark):
    nan, inf = float("nan"), float("inf")
    rows = [(1.0, 1.0), *((each, 1.0) for each in (None, nan, inf, -1.0, 0.5)), *((0.0, each) for each in (None, nan, inf, -0.5))]
    frame = spark.createDataFrame(rows, "label double, p double")

    with pytest.raises(UnusableRowsError) as error:
        count_metrics(ScoredRows(frame, "label", {"p": ("p",)}))

    assert (
        "rows scored by p: 5 row(s) have no label that is a whole number from 0 on; 4 row(s) have no finite rate from 0 on."
        in str(error.value)
    )
