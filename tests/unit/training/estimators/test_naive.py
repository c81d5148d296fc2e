import numpy as np
import pytest
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError
from tidegate.tasks import Binary, Count, Multiclass, Quantiles, Regression
from tidegate.training.estimators import LastValue, SeasonalNaive, TrainingRows
from tidegate.training.estimators.naive import naive_values
from tidegate.training.model_columns import ModelColumns

COLUMNS = ModelColumns((), ("before", "week"))
LABELS = [0.0, 0.0, 1.0, 2.0, 2.0]
WEIGHTS = [1.0, 1.0, 0.0, 3.0, 3.0]


def test_naive_values_are_the_best_constants_with_and_without_weights(spark):
    frame = spark.createDataFrame(list(zip(LABELS, WEIGHTS, strict=True)), "label double, weight double").cache()
    plain, weighted = (TrainingRows(frame, COLUMNS, "label", 0, weight=weight) for weight in (None, "weight"))

    assert naive_values(plain, Count()) == naive_values(plain, Regression()) == (1.0,)
    assert naive_values(weighted, Regression()) == (1.5,)
    assert naive_values(plain, Multiclass(("a", "b", "c"))) == (0.4, 0.2, 0.4)
    assert naive_values(weighted, Multiclass(("a", "b", "c"))) == (0.25, 0.0, 0.75)
    assert naive_values(plain, Regression("absolute")) == (1.0,)
    assert naive_values(plain, Quantiles((0.2, 0.5, 0.9))) == (0.0, 1.0, 2.0)
    assert naive_values(weighted, Quantiles((0.2, 0.3, 0.9))) == (0.0, 2.0, 2.0)


def test_naive_values_of_many_weighted_rows_are_near_the_exact_quantiles(spark):
    frame = spark.range(20_000).select(
        (F.col("id") % 5_000).cast("double").alias("label"), (F.col("id") % 5_000 < 2_500).cast("double").alias("weight")
    )

    found = naive_values(TrainingRows(frame, COLUMNS, "label", 0, weight="weight"), Quantiles((0.1, 0.5, 0.9)))

    np.testing.assert_allclose(found, [250, 1250, 2250], atol=5)


def test_naive_values_need_rows(spark):
    empty = TrainingRows(spark.createDataFrame([], "label double"), COLUMNS, "label", 0)

    for task in (Binary(), Quantiles()):
        with pytest.raises(UnusableRowsError, match="training rows: there are none"):
            naive_values(empty, task)


def test_persistence_takes_the_value_of_the_row_or_the_naive_one(spark):
    schema = "label double, before decimal(5,1), week int"
    frame = spark.createDataFrame([(1.0, None, None), (3.0, None, 7), (5.0, None, None)], schema)
    scored = frame.withColumn("before", F.when(F.col("label") == 1, F.lit(-2).cast("decimal(5,1)")))
    rows = TrainingRows(frame, COLUMNS, "label", 0)

    last = LastValue("before").fit(rows, Count())
    seasonal = SeasonalNaive("before", ("week",)).fit(rows, Regression())

    assert last.scorer.required_columns == ("before",)
    both = seasonal.transform(last.transform(scored, ["last"]), ["seasonal"]).select("last", "seasonal").collect()
    assert [tuple(row) for row in both] == [(0.0, -2.0), (3.0, 7.0), (3.0, 3.0)]
