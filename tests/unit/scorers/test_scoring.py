import pandas as pd
import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from tidegate.errors import MissingColumnsError
from tidegate.scorers.inputs import CategoricalInput, NumericInput
from tidegate.scorers.models import LogisticRegression
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
