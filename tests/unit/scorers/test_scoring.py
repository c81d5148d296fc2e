import pandas as pd
import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from tidegate.errors import MissingColumnsError, UsageError
from tidegate.scorers.inputs import CategoricalInput, NumericInput
from tidegate.scorers.models import Constant, LogisticRegression, MultinomialRegression
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.scoring import score_frame
from tidegate.scorers.specification import Specification

INPUTS = (CategoricalInput(column="month", labels=("1", "2"), one_hot_width=2), NumericInput(column="wind", fill=0.0))
SCORER = PortableScorer(Specification(inputs=INPUTS, model=LogisticRegression(coefficients=(1.0, 2.0, 0.0), intercept=0.0)))


def test_score_frame_adds_probability_and_casts_as_mllib_does(spark):
    # An int column with NULL is a float in pandas: its labels must be "1" and "2" all the same.
    source = spark.createDataFrame([(7, 1, "0.5"), (8, 2, None), (9, None, None)], "id int, month int, wind string")

    actual = score_frame(source, SCORER.to_bytes(), ["p"]).withColumn("p", F.round("p", 6))

    expected = spark.createDataFrame(
        [(7, 1, "0.5", 0.731059), (8, 2, None, 0.880797), (9, None, None, 0.5)],
        "id int, month int, wind string, p double",
    )
    assert_df_equality(actual, expected, ignore_nullable=True)


def test_score_frame_gives_what_pandas_gives(spark):
    frame = pd.DataFrame({"month": ["1", "2", "3"], "wind": [1.0, 2.0, 3.0]})

    actual = score_frame(spark.createDataFrame(frame), SCORER.to_bytes(), ["p"]).toPandas()["p"]

    assert list(actual) == list(SCORER.scores(frame)[:, 0])


def test_score_frame_names_a_missing_column_before_any_job(spark):
    with pytest.raises(MissingColumnsError, match=r"frame to score: missing column\(s\) month"):
        score_frame(spark.range(1).withColumnRenamed("id", "wind"), SCORER.to_bytes(), ["p"])


def test_score_frame_scores_a_single_column(spark):
    model = LogisticRegression(coefficients=(1.0,), intercept=0.0)
    scorer = PortableScorer(Specification(inputs=(NumericInput(column="wind", fill=0.0),), model=model))
    source = spark.createDataFrame([(0.0,), (None,)], "wind double")

    assert [row["p"] for row in score_frame(source, scorer.to_bytes(), ["p"]).collect()] == [0.5, 0.5]


SOFTMAX = MultinomialRegression(coefficients=((1.0,), (0.0,), (-1.0,)), intercepts=(0.0, 0.0, 0.0))
THREE = PortableScorer(
    Specification(inputs=(NumericInput(column="wind", fill=0.0),), model=SOFTMAX, outputs=("p_low", "p_middle", "p_high"))
)


def test_score_frame_evaluates_one_function_for_several_outputs(spark, capsys):
    source = spark.createDataFrame([(1, 2.0), (2, None)], "id int, wind double").repartition(5)

    scored = score_frame(source, THREE.to_bytes(), ["low", "middle", "high"])

    scored.explain()
    assert capsys.readouterr().out.count("score(") == 1
    assert scored.columns == ["id", "wind", "low", "middle", "high"]
    # Three of the five partitions are empty.
    actual = scored.orderBy("id").drop("id", "wind").toPandas()
    expected = THREE.scores(pd.DataFrame({"wind": [2.0, None]}))
    assert (actual.to_numpy() == expected).all()


def test_score_frame_needs_no_worker_for_a_constant(spark, capsys):
    constant = PortableScorer(Specification(inputs=(), model=Constant(values=(0.25, 0.75)), outputs=("a", "b")))

    scored = score_frame(spark.range(1), constant.to_bytes(), ["x", "y"])

    scored.explain()
    assert "Python" not in capsys.readouterr().out
    assert scored.collect() == [(0, 0.25, 0.75)]


def test_score_frame_refuses_another_number_of_names(spark):
    for names in (["p"], "abc"):
        with pytest.raises(UsageError, match=r"the scorer has 3 output\(s\): p_low, p_middle, p_high. Give one name for each"):
            score_frame(spark.range(1).withColumnRenamed("id", "wind"), THREE.to_bytes(), names)
