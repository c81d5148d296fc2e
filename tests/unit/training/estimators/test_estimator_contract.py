"""What every estimator keeps, whatever it fits: one suite for all of them, and for all tasks that each answers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.errors import DefinitionError
from tidegate.scorers.checking import check_scorer
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.scoring import score_frame
from tidegate.tasks import Binary, Count, Multiclass, Quantiles, Regression, Task
from tidegate.training.estimators import (
    BoostedTrees,
    Calibrated,
    Conformal,
    Estimator,
    FittedModel,
    LastValue,
    LinearRegression,
    LogisticRegression,
    Naive,
    Perceptron,
    PoissonRegression,
    RandomForest,
    SeasonalNaive,
    TrainingRows,
    XGBoost,
    all_estimators,
)
from tidegate.training.fixed_order import in_fixed_order
from tidegate.training.model_columns import ModelColumns

pytestmark = pytest.mark.slow

KINDS = Multiclass(("low", "middle", "high"))
LABELS = {Binary(): "late", KINDS: "kind", Regression(): "minutes", Count(): "events", Quantiles((0.2, 0.5, 0.8)): "minutes"}
# `flag` is a boolean and `price` a decimal. The others have awkward names: a word of SQL, the name of an output, a character that
# SQL has to quote.
COLUMNS = ModelColumns(("carrier", "only"), ("wind", "select", "probability", "läge-#1", "flag", "price", "constant"))
ESTIMATORS: tuple[Estimator, ...] = (
    BoostedTrees(max_iter=3, max_depth=3),
    RandomForest(num_trees=3, max_depth=4),
    LogisticRegression(max_iter=10),
    LinearRegression(),
    PoissonRegression(max_iter=5),
    Perceptron(hidden=(4,), max_iter=30),
    # With samples of rows, their order matters.
    XGBoost(rounds=10, max_depth=3, learning_rate=0.4, subsample=0.8),
    LastValue("before"),
    SeasonalNaive("week_before", ("before",)),
    Naive(),
    Calibrated(LogisticRegression(max_iter=10)),
    Conformal(LinearRegression()),
)


@dataclass(frozen=True)
class Case:
    """An estimator and a task that it answers."""

    estimator: Estimator
    task: Task

    def __str__(self) -> str:
        return f"{self.estimator.kind}-{self.task.kind}"


CASES = [Case(estimator, task) for estimator in ESTIMATORS for task in LABELS if isinstance(task, estimator.tasks)]
LEARNING = [case for case in CASES if case.estimator != Naive()]
# The others are nothing but their scorers.
FITTED = [case for case in LEARNING if not isinstance(case.estimator, (LastValue, SeasonalNaive))]
# One task for each estimator, for what does not depend on the task.
ONE_EACH = [next(case for case in CASES if case.estimator is estimator) for estimator in ESTIMATORS]


def rows_of(spark: SparkSession, count: int = 400) -> DataFrame:
    """Rows in which `carrier` and `wind` decide the answer, but for some noise."""
    number = F.col("id")

    def noise(salt: int, values: int) -> F.Column:
        return F.pmod(F.hash("id", F.lit(salt)), F.lit(values))

    level = 3.0 + noise(1, 100) / 10.0 + F.when(noise(2, 3) == 0, 5.0).otherwise(0.0)
    rows = spark.range(count).select(
        "id",
        level.alias("level"),
        F.when(noise(2, 3) == 0, "AA").when(noise(2, 3) == 1, "B6").alias("carrier"),
        F.lit("same").alias("only"),
        F.when(noise(3, 20) == 0, F.lit(float("nan"))).otherwise(noise(1, 100) / 10.0).alias("wind"),
        F.when(noise(4, 9) != 0, noise(5, 24)).alias("select"),
        (noise(6, 1000) / 1000.0).alias("probability"),
        F.when(noise(7, 2) == 0, number).alias("läge-#1"),
        (noise(8, 2) == 0).alias("flag"),
        (noise(9, 500) / 100).cast("decimal(6,2)").alias("price"),
        F.lit(3.5).alias("constant"),
        F.when(noise(10, 5) != 0, level.cast("int") + noise(11, 2)).alias("before"),
        F.when(noise(12, 3) != 0, level.cast("int") - noise(11, 2)).alias("week_before"),
    )
    return rows.select(
        "*",
        ((F.col("level") > 10) != (noise(13, 20) == 0)).alias("late"),
        F.when(F.col("level") < 7, "low").when(F.col("level") < 12, "middle").otherwise("high").alias("kind"),
        (F.col("level") + noise(14, 3)).alias("minutes"),
        (F.col("level").cast("int") + noise(15, 2)).alias("events"),
    )


@pytest.fixture(scope="module")
def rows(spark_of_process: SparkSession) -> DataFrame:
    return rows_of(spark_of_process)


def training_rows(frame: DataFrame, task: Task, columns: ModelColumns = COLUMNS) -> TrainingRows:
    labelled = frame.withColumn("_label", task.encoded(F.col(LABELS[task])))
    fixed = in_fixed_order(labelled, ["id"], 2).cache()
    return TrainingRows(fixed.where("id % 5 > 0"), columns, "_label", most_labels=3, validation=fixed.where("id % 5 = 0"))


@pytest.fixture(scope="module")
def fitted(rows: DataFrame) -> Callable[[Case], FittedModel]:
    prepared = cache(lambda task: training_rows(rows, task))
    return cache(lambda case: case.estimator.fit(prepared(case.task), case.task))


def frame_of(rows: DataFrame, scorer: PortableScorer) -> pd.DataFrame:
    numeric = scorer.numeric_columns
    columns = [F.col(f"`{name}`").cast("double" if name in numeric else "string") for name in scorer.required_columns]
    return rows.select("id", *columns).toPandas()


def test_every_estimator_is_in_the_suite() -> None:
    ours = {each for each in all_estimators() if each.__module__.startswith("tidegate.")}
    assert ours == {type(each) for each in ESTIMATORS}


@pytest.mark.parametrize("case", FITTED, ids=str)
def test_the_scorer_equals_the_model_on_every_awkward_value(case: Case, fitted, rows: DataFrame) -> None:
    model = fitted(case)

    check = check_scorer(model, rows)

    assert check.largest_difference <= check.tolerance
    assert model.scorer.outputs == case.task.outputs
    assert PortableScorer.from_bytes(model.scorer.to_bytes()).specification == model.scorer.specification


@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_row_and_no_row_are_scored_as_many_are(case: Case, fitted, rows: DataFrame) -> None:
    scorer = fitted(case).scorer
    frame = frame_of(rows.limit(5), scorer)

    together = scorer.scores(frame)

    assert together.shape == (5, len(case.task.outputs))
    assert np.isfinite(together).all()
    # To the last bit: else a row that is scored again in another batch would count as changed.
    assert (scorer.scores(frame[2:3]) == together[2:3]).all()
    assert scorer.scores(frame[:0]).shape == (0, len(case.task.outputs))
    if case.task.classes:
        assert (together >= 0).all()
        assert (together.sum(axis=1) <= 1 + 1e-6).all()
    if isinstance(case.task, Count):
        assert (together >= 0).all()


@pytest.mark.parametrize("case", LEARNING, ids=str)
def test_it_beats_the_naive_answer_on_learnable_rows(case: Case, fitted, rows: DataFrame) -> None:
    names = {
        "model": [f"_m{place}" for place in range(len(case.task.outputs))],
        "naive": [f"_n{place}" for place in range(len(case.task.outputs))],
    }
    scored = score_frame(rows, fitted(case).scorer.to_bytes(), names["model"])
    scored = score_frame(scored, fitted(Case(Naive(), case.task)).scorer.to_bytes(), names["naive"])
    label = case.task.encoded(F.col(LABELS[case.task]))

    losses = scored.agg(*(F.avg(case.task.loss(label, [F.col(each) for each in names[of]])).alias(of) for of in names)).first()

    assert losses["model"] < 0.8 * losses["naive"]


@pytest.mark.parametrize("case", [case for case in ONE_EACH if case.estimator != Naive()], ids=str)
def test_the_order_of_the_rows_does_not_change_the_model(case: Case, fitted, rows: DataFrame) -> None:
    shuffled = training_rows(rows.repartition(5).orderBy(F.rand(3)), case.task)

    again = case.estimator.fit(shuffled, case.task)

    assert again.scorer.digest == fitted(case).scorer.digest


@pytest.mark.parametrize("columns", [ModelColumns((), ("wind",)), ModelColumns(("only",), ())], ids=["one number", "one label"])
@pytest.mark.parametrize("case", [case for case in ONE_EACH if case.estimator != Naive()], ids=str)
def test_one_column_is_enough(case: Case, columns: ModelColumns, rows: DataFrame) -> None:
    model = case.estimator.fit(training_rows(rows, case.task, columns), case.task)

    frame = frame_of(rows.limit(3), model.scorer)
    names = [f"_own_{name}" for name in case.task.outputs]
    expected = model.transform(rows.limit(3), names).select(*names).toPandas()
    np.testing.assert_allclose(model.scorer.scores(frame), expected, rtol=1e-6)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda each: each.kind)
def test_a_task_that_it_does_not_answer_is_refused_with_those_that_do(estimator: Estimator) -> None:
    for task in LABELS:
        if isinstance(task, estimator.tasks):
            estimator.require_task(task, "model delays")
        else:
            with pytest.raises(
                DefinitionError, match=f"model delays: {type(estimator).__name__} answers .* not {type(task).__name__}. .*Naive"
            ):
                estimator.require_task(task, "model delays")


@pytest.mark.parametrize("case", [case for case in CASES if hasattr(case.estimator, "max_depth")], ids=str)
def test_importance_is_shared_among_the_columns(case: Case, fitted) -> None:
    importance = fitted(case).importance

    assert sum(importance.values()) == pytest.approx(1.0)
    assert set(importance) == set(COLUMNS.names)
    assert next(iter(importance)) in {"wind", "carrier"}
    assert importance["constant"] == importance["only"] == 0.0
