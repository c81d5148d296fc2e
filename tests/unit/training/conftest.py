"""A month of small labelled rows, split by time, and a plan that fits in seconds."""

from datetime import UTC, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.tasks import Binary
from tidegate.training.estimators.boosted_trees import BoostedTrees
from tidegate.training.estimators.logistic_regression import LogisticRegression
from tidegate.training.model_columns import ModelColumns
from tidegate.training.training_plan import Splits, TrainingPlan

PLAN = TrainingPlan(
    model_name="delays",
    task=Binary(),
    estimators=(BoostedTrees(max_iter=3, max_depth=3), LogisticRegression(max_iter=5, reg_param=10.0)),
    columns=ModelColumns(categorical=("carrier",), numeric=("hour", "wind")),
    target="delayed",
    time="label_time",
    key=("id",),
    personal=("tailnum",),
)


def rows_of(spark: SparkSession) -> DataFrame:
    start = F.lit(datetime(2013, 1, 1, tzinfo=UTC))
    return spark.range(1_600).select(
        "id",
        (start + F.make_dt_interval(hours=F.col("id").cast("int"))).alias("label_time"),
        F.when(F.hash("id", F.lit(1)) % 2 == 0, "AA").otherwise("B6").alias("carrier"),
        F.when(F.col("id") % 7 != 0, F.pmod(F.hash("id", F.lit(2)), F.lit(24))).alias("hour"),
        (F.pmod(F.hash("id", F.lit(3)), F.lit(1000)) / 10.0).alias("wind"),
        (F.pmod(F.hash("id", F.lit(3)), F.lit(1000)) + F.pmod(F.hash("id", F.lit(4)), F.lit(400)) > 700)
        .cast("int")
        .alias("delayed"),
        F.concat(F.lit("N"), "id").alias("tailnum"),
    )


def splits_of(rows: DataFrame) -> Splits:
    return Splits(rows.where("id < 1000"), rows.where("id BETWEEN 1000 AND 1299"), rows.where("id >= 1300"))


@pytest.fixture
def splits(spark: SparkSession) -> Splits:
    return splits_of(rows_of(spark))


@pytest.fixture
def plan() -> TrainingPlan:
    return PLAN
