import math

import numpy as np
import pytest
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError
from tidegate.evaluation import DailyLosses, daily_losses, paired_difference
from tidegate.evaluation.losses import log_loss

pytestmark = pytest.mark.slow


def daily(difference, rows=None):
    losses = np.asarray(difference, dtype=float)
    counts = np.full(len(losses), 100.0) if rows is None else np.asarray(rows, dtype=float)
    return DailyLosses(counts, {"model": 50.0 + losses, "reference": np.full(len(losses), 50.0)})


def test_daily_losses_sums_each_day(spark):
    source = spark.createDataFrame(
        [("d2", 1, 0.5, 0.8), ("d1", 0, 0.5, 0.2), ("d1", 1, 0.25, 0.5)], "`my day` string, label int, a double, b double"
    )

    # The names of models are not those of columns.
    losses = {"model": log_loss(F.col("label"), F.col("a")), "my. model": F.abs(F.col("label") - F.col("b"))}
    actual = daily_losses(source, "my day", losses)

    assert list(actual.rows) == [2, 1]
    np.testing.assert_allclose(actual.losses["model"], -np.log([0.5 * 0.25, 0.5]))
    np.testing.assert_allclose(actual.losses["my. model"], [0.7, 0.2])
    without = source.withColumn("b", F.when(F.col("label") == 1, F.col("b")))
    with pytest.raises(UnusableRowsError, match=r"rows scored by my. model: 1 row\(s\) have no label or no score"):
        daily_losses(without, "my day", losses)


def test_paired_difference_is_near_the_normal_interval_of_days():
    difference = np.random.default_rng(1).normal(-1.0, 2.0, size=200)

    found = paired_difference(daily(difference), "model", "reference")

    half = 1.96 * difference.std() / math.sqrt(200) / 100
    assert found.difference == pytest.approx(difference.mean() / 100)
    assert found.lower == pytest.approx(found.difference - half, abs=0.1 * half)
    assert found.upper == pytest.approx(found.difference + half, abs=0.1 * half)
    assert found.better


def test_paired_difference_weighs_days_by_rows():
    found = paired_difference(daily([10.0] + [0.0] * 9, rows=[900] + [100] * 9), "model", "reference")

    assert found.difference == pytest.approx(10 / 1800)
    assert not found.better


def test_paired_difference_of_equal_models_is_not_better():
    found = paired_difference(daily([0.0] * 30), "model", "reference")

    assert (found.difference, found.lower, found.upper, found.better) == (0.0, 0.0, 0.0, False)


def test_paired_difference_of_few_days_claims_nothing():
    found = paired_difference(daily([-5.0] * 6), "model", "reference")

    assert (found.lower, found.upper, found.better) == (-math.inf, math.inf, False)
    assert paired_difference(daily([-5.0] * 7), "model", "reference").better


def test_paired_difference_is_the_same_every_time():
    losses = daily(np.random.default_rng(2).normal(size=30))

    assert paired_difference(losses, "model", "reference") == paired_difference(losses, "model", "reference")
