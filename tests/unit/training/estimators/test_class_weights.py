import pytest

from tidegate.errors import DefinitionError
from tidegate.tasks import Binary, Multiclass, Regression
from tidegate.training.estimators import LogisticRegression, TrainingRows
from tidegate.training.estimators.class_weights import with_class_weights
from tidegate.training.model_columns import ModelColumns

COLUMNS = ModelColumns((), ("wind",))
KINDS = Multiclass(("low", "high"))


def test_with_class_weights_multiplies_the_weight_of_the_row(spark):
    frame = spark.createDataFrame([(0.0, 1.0), (0.0, 3.0), (1.0, 2.0)], "label double, weight double")
    rows = TrainingRows(frame, COLUMNS, "label", 0, weight="weight", validation=frame)

    def weights(given, task):
        weighted = with_class_weights(rows, task, given)
        return [row[weighted.weight] for row in weighted.frame.unionByName(weighted.validation).collect()][:3]

    assert weights(None, Binary()) == [1.0, 3.0, 2.0]
    assert weights({0: 0.5, 1: 10}, Binary()) == [0.5, 1.5, 20.0]
    assert weights({"high": 2.0, "low": 1.0}, KINDS) == [1.0, 3.0, 4.0]
    # Each class has half of the total of 6.
    assert weights("balanced", Binary()) == [0.75, 2.25, 3.0]


def test_with_class_weights_refuses_what_does_not_fit_the_task(spark):
    rows = TrainingRows(spark.createDataFrame([(0.0,)], "label double"), COLUMNS, "label", 0)

    with pytest.raises(
        DefinitionError, match=r"class_weights is \{0: 1.0\}; give a weight from 0 on to each class: 'low', 'high'"
    ):
        with_class_weights(rows, KINDS, {0: 1.0})
    with pytest.raises(DefinitionError, match="class_weights is 'balanced', but a regression task has no classes; leave it out"):
        with_class_weights(rows, Regression(), "balanced")


@pytest.mark.slow
def test_balanced_classes_move_the_probability(spark):
    frame = spark.range(100).selectExpr("id % 7D AS wind", "CAST(id % 10 = 0 AS double) AS label").cache()
    rows = TrainingRows(frame, COLUMNS, "label", 0)

    plain, balanced = (LogisticRegression(5, class_weights=weights).fit(rows, Binary()) for weights in (None, "balanced"))

    both = balanced.transform(plain.transform(frame, ["plain"]), ["balanced"]).selectExpr("avg(plain)", "avg(balanced)").first()
    assert both[0] == pytest.approx(0.1, abs=0.01)
    assert both[1] == pytest.approx(0.5, abs=0.05)
