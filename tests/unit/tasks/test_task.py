"""What holds for every task."""

import math

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Binary, Count, Multiclass, Quantiles, Regression
from tidegate.errors import DefinitionError, MissingColumnsError
from tidegate.evaluation import daily_losses
from tidegate.tasks import Task

TASKS = (Binary(), Multiclass(("a", "b", "c")), Regression(), Regression("absolute"), Count(), Quantiles())
ROWS = 400


def columns_of(task: Task, model: str) -> tuple[str, ...]:
    return tuple(f"{task.kind} {task.loss_name} {model} {name}" for name in task.outputs)


def scored_rows() -> pd.DataFrame:
    """Rows that every task can evaluate: their labels are 0 and 1, and their scores probabilities that add up to 1."""
    generator = np.random.default_rng(11)
    columns = {"my label": generator.integers(0, 2, size=ROWS).astype(float), "day": np.arange(ROWS) % 9}
    for task in TASKS:
        for model in ("first", "second"):
            scores = generator.dirichlet(np.ones(len(task.outputs) + 1), size=ROWS)
            if task.kind == "multiclass":
                scores = generator.dirichlet(np.ones(len(task.outputs)), size=ROWS)
            columns |= {name: scores[:, place] for place, name in enumerate(columns_of(task, model))}
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return scored_rows()


def test_a_task_evaluates_by_its_loss(spark, rows):
    frame = spark.createDataFrame(rows).persist()
    for task in TASKS:
        models = {model: columns_of(task, model) for model in ("first", "second")}
        losses = {model: task.loss(F.col("my label"), [F.col(f"`{name}`") for name in names]) for model, names in models.items()}

        metrics = task.evaluate(frame, "my label", models)
        daily = daily_losses(frame, "day", losses)

        assert list(metrics) == ["first", "second"]
        assert metrics["first"].loss != metrics["second"].loss
        for model, measured in metrics.items():
            numbers = measured.numbers()
            assert numbers["rows"] == measured.rows == ROWS == daily.rows.sum()
            assert numbers[task.loss_name] == measured.loss == pytest.approx(daily.losses[model].sum() / ROWS)
            assert measured.loss > 0
            assert all(math.isfinite(value) for value in numbers.values())


def test_a_prediction_has_the_declared_columns(spark, rows):
    frame = spark.createDataFrame(rows)
    columns = {task: task.predictions([F.col(f"`{name}`") for name in columns_of(task, "first")]) for task in TASKS}

    for task, predicted in columns.items():
        fields = frame.select(*predicted).schema.fields
        assert [(field.name, field.dataType) for field in fields] == [
            (field.name, field.dataType) for field in task.prediction_fields
        ]
        assert set(task.outputs) <= {field.name for field in task.prediction_fields}


def test_a_task_refuses_to_evaluate_other_columns_than_its_scores(spark):
    frame = spark.createDataFrame([(1.0, 0.5)], "label double, p double")

    with pytest.raises(
        DefinitionError, match=r"scored by trees: 1 column\(s\) with scores were named \(p\), but a model .* 3: qu"
    ):
        Quantiles().evaluate(frame, "label", {"trees": ("p",)})
    with pytest.raises(MissingColumnsError, match="scored rows"):
        Binary().evaluate(frame, "label", {"trees": ("q",)})


def test_a_task_accepts_the_types_that_its_labels_can_have():
    kinds = {
        "boolean": T.BooleanType(),
        "int": T.IntegerType(),
        "double": T.DoubleType(),
        "decimal": T.DecimalType(10, 2),
        "string": T.StringType(),
        "date": T.DateType(),
    }
    accepted = {task.kind: {name for name, kind in kinds.items() if task.accepts(kind)} for task in TASKS}
    numbers = {"int", "double", "decimal"}

    assert accepted == {
        "binary": {"boolean", *numbers},
        "multiclass": {"string"},
        "regression": numbers,
        "count": numbers,
        "quantiles": numbers,
    }
    assert {name for name, kind in kinds.items() if Multiclass((1, 2)).accepts(kind)} == {"int"}


def test_require_target_names_the_type_and_the_rule():
    Count().require_target("delays", T.LongType(), "model 'm'")
    with pytest.raises(DefinitionError) as error:
        Count().require_target("delays", T.StringType(), "model 'm'")
    assert str(error.value) == (
        "model 'm': target 'delays' is string, but a label of a count task is a whole number from 0 on. Choose another target, "
        "or another task: Binary, Multiclass, Regression, Count or Quantiles."
    )


def test_usable_labels_and_their_codes(spark):
    """A label is usable or not, and never neither: also NULL, NaN and what no other task could use."""
    nan, inf = math.nan, math.inf
    numbers = {None: "", nan: "", inf: "", -inf: "", -1.0: "r", 0.0: "bcr", 0.5: "r", 1.0: "bcr", 3.0: "cr", 1e300: "cr"}
    frame = spark.createDataFrame([(label,) for label in numbers], "label double")
    label = F.col("label")

    found = frame.select(
        *(task.is_usable(label).alias(name) for name, task in {"b": Binary(), "c": Count(), "r": Regression()}.items()),
        Quantiles().is_usable(label).alias("q"),
        *(task.encoded(label).alias(f"{task.kind}_code") for task in (Binary(), Count(), Regression(), Quantiles())),
    ).collect()

    assert ["".join(name for name in "bcr" if row[name]) for row in found] == list(numbers.values())
    assert all(row.q == row.r and None not in (row.b, row.c, row.r, row.q) for row in found)
    assert [(row.binary_code, row.count_code, row.regression_code, row.quantiles_code) for row in found[4:]] == [
        (label,) * 4 for label in list(numbers)[4:]
    ]
