import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, precision_recall_fscore_support

from tidegate.errors import UnusableRowsError
from tidegate.evaluation.multiclass import multiclass_metrics
from tidegate.evaluation.scored_rows import ScoredRows

CLASSES = ("on time", "late", "cancelled", "diverted")
MODELS = {name: tuple(f"{name}_{place}" for place in range(4)) for name in ("good", "uniform", "sure", "wrong")}


def rows_with_scores() -> pd.DataFrame:
    """2,000 rows. No label is of class 3, which only some models predict."""
    generator = np.random.default_rng(7)
    label = generator.choice(3, size=2_000, p=[0.7, 0.2, 0.1])
    good = generator.dirichlet(np.ones(4), size=2_000) + 0.8 * np.eye(4)[label]
    sure = np.eye(4)[generator.choice(3, size=2_000)]
    scores = {
        "good": good / good.sum(axis=1, keepdims=True),
        "uniform": np.full((2_000, 4), 0.25),
        "sure": sure,
        "wrong": np.eye(4)[np.full(2_000, 3)],
    }
    columns = {f"{name}_{place}": values[:, place] for name, values in scores.items() for place in range(4)}
    return pd.DataFrame({"label": label, **columns})


def test_multiclass_metrics_agree_with_scikit_learn(spark):
    rows = rows_with_scores()

    metrics = multiclass_metrics(ScoredRows(spark.createDataFrame(rows), "label", MODELS), CLASSES)

    for model, names in MODELS.items():
        measured, scores = metrics[model], rows[list(names)].to_numpy()
        # scikit-learn clips after it has made the sum 1, and by another constant.
        kept = np.clip(scores, 1e-15, 1.0)
        predicted = scores.argmax(axis=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert measured.log_loss == measured.loss == pytest.approx(log_loss(rows["label"], kept, labels=range(4)))
            by_class = precision_recall_fscore_support(rows["label"], predicted, labels=range(4), zero_division=0)
        assert measured.accuracy == accuracy_score(rows["label"], predicted)
        # By default it takes the mean over the classes that occur.
        assert measured.macro_f1 == pytest.approx(f1_score(rows["label"], predicted, average="macro"))
        assert np.array_equal(measured.confusion, confusion_matrix(rows["label"], predicted, labels=range(4)))
        actual = [[each.precision, each.recall, each.f1, each.rows] for each in measured.by_class]
        np.testing.assert_allclose(actual, np.transpose(by_class))
    assert metrics["uniform"].numbers() == {
        "rows": 2_000.0,
        "log_loss": pytest.approx(np.log(4)),
        "accuracy": metrics["uniform"].accuracy,
        "macro_f1": metrics["uniform"].macro_f1,
    }
    details = metrics["wrong"].details()
    assert details["classes"] == list(CLASSES)
    assert details["by_class"]["diverted"]["rows"] == 0
    assert sum(map(sum, details["confusion"])) == 2_000


def test_multiclass_metrics_refuse_unusable_rows(spark):
    nan = float("nan")
    rows = [
        (0.0, 0.5, 0.5),
        *((label, 0.5, 0.5) for label in (None, nan, -1.0, 0.5, 2.0)),
        *((1.0, *score) for score in ((None, 1.0), (nan, 1.0), (1.5, -0.5), (0.5, 0.4))),
        # What a sum of single precision can look like.
        (1.0, 0.49999, 0.5),
    ]
    frame = spark.createDataFrame(rows, "label double, a double, b double")

    with pytest.raises(UnusableRowsError) as error:
        multiclass_metrics(ScoredRows(frame, "label", {"model": ("a", "b")}), ("x", "y"))

    assert (
        "rows scored by model: 5 row(s) have no label that is one of 2 classes; 4 row(s) have no probabilities between 0 and 1 "
        "that add up to 1." in str(error.value)
    )
