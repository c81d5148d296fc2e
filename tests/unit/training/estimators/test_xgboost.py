import json

import pytest

from tidegate.tasks import Regression
from tidegate.training.estimators import TrainingRows, XGBoost
from tidegate.training.model_columns import ModelColumns

pytestmark = pytest.mark.slow

COLUMNS = ModelColumns(("kind",), ("wind",))


def trees_of(fitted) -> int:
    return len(json.loads(fitted.scorer.specification.model.booster)["learner"]["gradient_booster"]["model"]["trees"])


@pytest.fixture
def frame(spark):
    # `kind` decides the answer of the first half, and noise that of the second.
    return (
        spark.range(2_000)
        .selectExpr(
            "concat('k', id % 3) AS kind",
            "CAST(id % 7 AS double) AS wind",
            "id % 3 + pmod(hash(id), 100) / 50D AS label",
            "id % 2 AS weight",
        )
        .repartition(2, "wind")
        .sortWithinPartitions("label")
        .cache()
    )


def test_it_stops_when_the_validation_loss_no_longer_falls(frame):
    rows = TrainingRows(frame, COLUMNS, "label", 3, validation=frame.where("wind = 3"))

    stopped = XGBoost(rounds=60, learning_rate=0.9, max_depth=2, early_stopping_rounds=2).fit(rows, Regression())
    whole = XGBoost(rounds=12, learning_rate=0.9, max_depth=2, early_stopping_rounds=None).fit(rows, Regression())

    assert 0 < trees_of(stopped) < 60
    assert trees_of(whole) == 12
    assert stopped.importance["kind"] > 0.9


def test_several_workers_and_weights(frame):
    rows = TrainingRows(frame, COLUMNS, "label", 3, weight="weight", validation=frame.where("wind = 3"))
    estimator = XGBoost(rounds=3, max_depth=2, workers=2)

    first, second = estimator.fit(rows, Regression("absolute")), estimator.fit(rows, Regression("absolute"))

    assert first.scorer.digest == second.scorer.digest
    scores = first.transform(frame, ["p"]).selectExpr("avg(p)", "percentile(label, 0.5)").first()
    assert scores[0] == pytest.approx(scores[1], abs=0.5)
