import pytest
from chispa import assert_df_equality
from pyspark.ml.classification import GBTClassifier, RandomForestClassifier
from pyspark.ml.classification import LogisticRegression as MLlibLogistic
from pyspark.ml.regression import GBTRegressor, GeneralizedLinearRegression, RandomForestRegressor
from pyspark.ml.regression import LinearRegression as MLlibLinear
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.tasks import Binary
from tidegate.training.estimators import BoostedTrees, LogisticRegression, TrainingRows
from tidegate.training.mllib_pipelines import last_stage
from tidegate.training.model_columns import ModelColumns

pytestmark = pytest.mark.slow

SCHEMA = "carrier string, hour int, delayed int"
COLUMNS = ModelColumns(categorical=("carrier",), numeric=("hour",))


def rows_of(frame: DataFrame, columns: ModelColumns = COLUMNS, most_labels: int = 2) -> TrainingRows:
    return TrainingRows(frame, columns, "delayed", most_labels)


def test_indexed_pipeline_imputes_decimals_by_their_median_in_double(spark):
    rows = spark.createDataFrame([("A", 2, 0), ("B", 3, 1), (None, None, 0), ("A", 3, 1), ("B", 2, 0)], SCHEMA)
    only_decimals = rows.withColumn("hour", (F.col("hour") + 0.5).cast("decimal(4,1)"))

    model = BoostedTrees(max_iter=1).fit(rows_of(only_decimals), Binary())

    actual = model.pipeline.transform(only_decimals.where("hour IS NULL")).select("_imputed_hour")
    assert_df_equality(actual, spark.createDataFrame([(2.5,)], "_imputed_hour double"), ignore_nullable=True)


def test_indexed_pipeline_has_bins_for_many_labels(spark):
    rows = spark.range(120).select(
        F.concat(F.lit("c"), F.col("id") % 40).alias("carrier"),
        (F.col("id") % 3).cast("int").alias("hour"),
        (F.col("id") % 2).cast("int").alias("delayed"),
    )
    model = BoostedTrees(max_iter=1, max_bins=8).fit(rows_of(rows, most_labels=40), Binary())

    assert model.pipeline.stages[-1].getMaxBins() == 41


def test_one_hot_pipeline_gives_unseen_labels_no_weight(spark):
    rows = spark.createDataFrame([("A", 2, 0), ("B", 3, 1), ("A", 3, 1), ("B", 2, 0)], SCHEMA)

    model = LogisticRegression(max_iter=2).fit(rows_of(rows), Binary())

    unseen = model.pipeline.transform(spark.createDataFrame([("ZZ", 2, 0), (None, 2, 0)], SCHEMA)).select("_features").collect()
    assert [list(row["_features"].toArray()) for row in unseen] == [[0.0, 0.0, 2.0]] * 2


def test_pipelines_work_without_categories_or_without_numbers(spark):
    rows = spark.createDataFrame([("A", 2, 0), ("B", 3, 1), ("A", 3, 1), ("B", 2, 0)], SCHEMA)

    numbers = LogisticRegression(max_iter=1).fit(rows_of(rows, ModelColumns((), ("hour",))), Binary())
    labels = BoostedTrees(max_iter=1).fit(rows_of(rows, ModelColumns(("carrier",), ())), Binary())

    assert numbers.pipeline.stages[-1].numFeatures == labels.pipeline.stages[-1].numFeatures == 1


def test_last_stage_sets_the_weight_where_mllib_has_one(spark):
    rows = TrainingRows(spark.range(1), COLUMNS, "delayed", 2, weight="share")
    kinds = (GBTClassifier, GBTRegressor, RandomForestClassifier, RandomForestRegressor, MLlibLogistic, MLlibLinear)
    kinds += (GeneralizedLinearRegression,)

    assert {last_stage(kind(), rows).getWeightCol() for kind in kinds} == {"share"}
    assert last_stage(GBTClassifier(), rows, maxIter=3).getMaxIter() == 3
