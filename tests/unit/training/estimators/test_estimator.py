import subprocess
import sys

import pytest

from tidegate.errors import DefinitionError
from tidegate.tasks import Binary
from tidegate.training.estimators import (
    BoostedTrees,
    Calibrated,
    Conformal,
    LastValue,
    LinearRegression,
    LogisticRegression,
    Perceptron,
    PoissonRegression,
    RandomForest,
    SeasonalNaive,
    XGBoost,
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BoostedTrees(max_depth=31), "BoostedTrees: max_depth is 31; give a number from 0 to 30"),
        (lambda: BoostedTrees(step_size=0), "BoostedTrees: step_size is 0; give a number from 1e-09 to 1"),
        (lambda: BoostedTrees(max_iter=0.5), "BoostedTrees: max_iter is 0.5; give a whole number"),
        (lambda: RandomForest(num_trees=0), "RandomForest: num_trees is 0; give a number of at least 1"),
        (lambda: LogisticRegression(reg_param=-1.0), "LogisticRegression: reg_param is -1.0; give a number of at least 0"),
        (lambda: LogisticRegression(class_weights="equal"), "LogisticRegression: class_weights is 'equal'; give .*'balanced'"),
        (lambda: LinearRegression(max_iter=0), "LinearRegression: max_iter is 0; give a number of at least 1"),
        (lambda: PoissonRegression(reg_param=-1), "PoissonRegression: reg_param is -1; give a number of at least 0"),
        (lambda: Perceptron(hidden=(4, 0)), r"Perceptron: hidden is \(4, 0\); give each layer at least one node"),
        (lambda: XGBoost(subsample=2), "XGBoost: subsample is 2; give a number from 1e-09 to 1"),
        (lambda: XGBoost(early_stopping_rounds=0), "XGBoost: early_stopping_rounds is 0; give a number of at least 1"),
        (lambda: LastValue(1), "LastValue: column is 1; give a text"),
        (lambda: SeasonalNaive("a", ("a",)), "SeasonalNaive: 'a' occurs twice; name each column once"),
        (lambda: Calibrated(LinearRegression()), "Calibrated: LinearRegression answers Regression, but not Binary"),
        (lambda: Calibrated(LogisticRegression(), held_out=0), "Calibrated: held_out is 0; give a number from 0.01 to 0.9"),
        (lambda: Conformal(LogisticRegression()), "Conformal: LogisticRegression answers Binary, Multiclass, but not Regression"),
    ],
)
def test_wrong_parameters_are_refused_with_the_range(make, message):
    with pytest.raises(DefinitionError, match=message):
        make()


def test_further_columns_and_parameters_are_those_of_the_definition():
    assert Conformal(LastValue("before")).further_columns == ("before",)
    assert SeasonalNaive("week", ("day",)).further_columns == ("week", "day")
    assert XGBoost().further_columns == ()
    assert LogisticRegression(max_iter=3).parameters() == {"max_iter": "3", "reg_param": "0.001", "class_weights": "None"}
    assert LogisticRegression() == LogisticRegression(max_iter=50)
    with pytest.raises(
        DefinitionError, match=r"model m: Conformal answers Quantiles, but not Binary\. Estimators that answer Binary: Bo"
    ):
        Conformal(LinearRegression()).require_task(Binary(), "model m")


def test_a_weight_that_can_not_be_used_is_refused():
    for estimator in (Perceptron(), Calibrated(Perceptron())):
        with pytest.raises(
            DefinitionError, match=f"model m: {type(estimator).__name__} can't use 'share' as the weight of a row"
        ):
            estimator.require_weight("share", "model m")
        estimator.require_weight(None, "model m")
    LogisticRegression().require_weight("share", "model m")


def test_definitions_load_neither_mllib_nor_xgboost():
    code = "import sys, tidegate; tidegate.XGBoost(), tidegate.Calibrated(tidegate.BoostedTrees()); print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": ":".join(filter(None, sys.path))}, capture_output=True, text=True
    )

    assert "tidegate" in done.stdout.split()
    assert not {"pyspark.ml", "xgboost", "mlflow", "sklearn"} & set(done.stdout.split())
