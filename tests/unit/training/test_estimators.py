import pytest
from chispa import assert_df_equality
from pyspark.sql import functions as F

from tidegate.training.mllib_pipelines import boosted_trees_pipeline, logistic_regression_pipeline
from tidegate.training.parameters import BoostedTreesParameters, LogisticRegressionParameters, ModelColumns

pytestmark = pytest.mark.slow

SCHEMA = "carrier string, hour int, delayed int"
COLUMNS = ModelColumns(categorical=("carrier",), numeric=("hour",))


def test_boosted_trees_pipeline_imputes_decimals_by_their_median_in_double(spark):
    rows = spark.createDataFrame([("A", 2, 0), ("B", 3, 1), (None, None, 0), ("A", 3, 1), ("B", 2, 0)], SCHEMA)
    only_decimals = rows.withColumn("hour", (F.col("hour") + 0.5).cast("decimal(4,1)"))

    model = boosted_trees_pipeline(COLUMNS, "delayed", BoostedTreesParameters(max_iter=1), 2).fit(only_decimals)

    actual = model.transform(only_decimals.where("hour IS NULL")).select("_imputed_hour")
    assert_df_equality(actual, spark.createDataFrame([(2.5,)], "_imputed_hour double"), ignore_nullable=True)


def test_boosted_trees_pipeline_raises_bins_for_many_labels(spark):
    rows = spark.range(120).select(
        F.concat(F.lit("c"), F.col("id") % 40).alias("carrier"),
        (F.col("id") % 3).cast("int").alias("hour"),
        (F.col("id") % 2).cast("int").alias("delayed"),
    )
    parameters = BoostedTreesParameters(max_iter=1, max_bins=8)

    model = boosted_trees_pipeline(COLUMNS, "delayed", parameters, most_labels=40).fit(rows)

    assert model.stages[-1].getMaxBins() == 41


def test_logistic_regression_pipeline_gives_unseen_labels_no_weight(spark):
    rows = spark.createDataFrame([("A", 2, 0), ("B", 3, 1), ("A", 3, 1), ("B", 2, 0)], SCHEMA)

    model = logistic_regression_pipeline(COLUMNS, "delayed", LogisticRegressionParameters(max_iter=2)).fit(rows)

    unseen = model.transform(spark.createDataFrame([("ZZ", 2, 0), (None, 2, 0)], SCHEMA)).select("_features").collect()
    assert [list(row["_features"].toArray()) for row in unseen] == [[0.0, 0.0, 2.0]] * 2


def test_pipelines_work_without_categories_or_without_numbers(spark):
    rows = spark.createDataFrame([("A", 2, 0), ("B", 3, 1), ("A", 3, 1), ("B", 2, 0)], SCHEMA)
    regression, trees = LogisticRegressionParameters(max_iter=1), BoostedTreesParameters(max_iter=1)

    numbers = logistic_regression_pipeline(ModelColumns((), ("hour",)), "delayed", regression).fit(rows)
    labels = boosted_trees_pipeline(ModelColumns(("carrier",), ()), "delayed", trees, 2).fit(rows)

    assert numbers.stages[-1].numFeatures == labels.stages[-1].numFeatures == 1
