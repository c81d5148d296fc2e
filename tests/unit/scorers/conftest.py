"""Small rows with everything awkward in them, and the two kinds of models fitted on them once."""

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.tasks import Binary
from tidegate.training.estimators import (
    BoostedTrees,
    FittedModel,
    LogisticRegression,
    TrainingRows,
)
from tidegate.training.model_columns import ModelColumns

COLUMNS = ModelColumns(categorical=("carrier", "origin"), numeric=("hour", "wind"))


def rows_of(spark: SparkSession, count: int = 600) -> DataFrame:
    # `hour` is an int with NULLs, which pandas gives as floats.
    return spark.range(count).select(
        F.element_at(F.array(F.lit("AA"), F.lit("B6"), F.lit(None), F.lit("UA")), (F.col("id") % 4 + 1).cast("int")).alias(
            "carrier"
        ),
        F.when(F.col("id") % 2 == 0, "JFK").otherwise("EWR").alias("origin"),
        F.when(F.col("id") % 7 != 0, (F.col("id") % 6 + 8).cast("int")).alias("hour"),
        F.when(F.col("id") % 5 == 0, F.lit(float("nan"))).otherwise(F.col("id") % 50 / 3.0).alias("wind"),
        ((F.col("id") % 6 > 2) != (F.rand(5) > 0.8)).cast("int").alias("delayed"),
    )


@pytest.fixture(scope="session")
def trees(spark_of_process: SparkSession) -> FittedModel:
    rows = TrainingRows(rows_of(spark_of_process), COLUMNS, "delayed", most_labels=3)
    return BoostedTrees(max_iter=3, max_depth=3).fit(rows, Binary())


@pytest.fixture(scope="session")
def regression(spark_of_process: SparkSession) -> FittedModel:
    rows = TrainingRows(rows_of(spark_of_process), COLUMNS, "delayed", most_labels=3)
    return LogisticRegression(max_iter=5).fit(rows, Binary())


@pytest.fixture
def rows(spark: SparkSession) -> DataFrame:
    return rows_of(spark)
