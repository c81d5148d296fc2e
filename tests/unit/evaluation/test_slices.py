import numpy as np
import pandas as pd
import pytest
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError
from tidegate.evaluation.losses import log_loss
from tidegate.evaluation.slices import MOST_VALUES, Slice, mean_loss, measure_slices, require_few_values

pytestmark = pytest.mark.slow


def oracle(rows, column, threshold):
    """Compute the slices of a column row by row, with pandas."""
    probability, label = rows["score"], rows["label"]
    scored = rows.assign(
        loss=np.where(label == 1, -np.log(probability), -np.log(1 - probability)), selected=probability >= threshold
    )
    groups = scored.groupby(scored[column].map(lambda value: value), dropna=False)
    return {
        None if pd.isna(value) else str(value): (len(group), group["loss"].mean(), group["selected"].mean())
        for value, group in groups
    }


def test_measure_slices_equals_the_means_of_each_value(spark):
    generator = np.random.default_rng(7)
    rows = pd.DataFrame(
        {
            "my carrier": generator.choice(np.array(["AA", "B6", "", "NULL", None], dtype=object), 400),
            "hour": generator.choice(np.array([6, 7, None], dtype=object), 400),
            "label": generator.integers(0, 2, 400),
            "score": generator.uniform(0.01, 0.99, 400),
        }
    )
    values = [tuple(row) for row in rows.astype(object).itertuples(index=False)]
    frame = spark.createDataFrame(values, "`my carrier` string, hour int, label int, score double")
    loss = log_loss(F.col("label"), F.col("score"))

    found = measure_slices(frame, {"carrier": "my carrier", "hour of day": "hour"}, loss, F.col("score") >= 0.3)

    assert list(found) == ["carrier", "hour of day"]
    for name, column, values_expected in (("carrier", "my carrier", 5), ("hour of day", "hour", 3)):
        expected = oracle(rows, column, 0.3)
        assert len(expected) == values_expected
        measured = {each.value: (each.rows, each.loss, each.selection_rate) for each in found[name]}
        assert measured == {value: pytest.approx(numbers) for value, numbers in expected.items()}
        losses = [each.loss for each in found[name]]
        assert losses == sorted(losses, reverse=True)
        assert mean_loss(found[name]) == pytest.approx(sum(rows_ * mean for rows_, mean, _ in expected.values()) / 400)

    of_numbers = measure_slices(frame.limit(3), {"label": "label"}, F.abs(F.col("score")))
    assert {each.selection_rate for each in of_numbers["label"]} == {None}
    assert measure_slices(frame, {}, loss) == {}


def test_require_few_values_counts_the_values_of_each_column(spark):
    rows = spark.range(MOST_VALUES + 1).select(
        F.col("id").alias("many"), F.nullif("id", F.lit(0)).alias("few enough"), F.lit("a").alias("one")
    )
    require_few_values(rows, ["one", "few enough"], "split test")
    require_few_values(rows, [], "split test")
    with pytest.raises(UnusableRowsError) as refused:
        require_few_values(rows, ["one", "few enough", "many"], "split test")
    assert str(refused.value).startswith("split test: many has 1,001 different values, but a column that divides the rows into ")
    assert "few enough" not in str(refused.value)


def test_shown_is_short_and_tells_null_from_a_text():
    assert [Slice(value, 1, 0.0).shown for value in (None, "NULL", "", "it's")] == ["NULL", "'NULL'", "''", '"it\'s"']
    assert Slice("x" * 61, 1, 0.0).shown == f"'{'x' * 59}…'"
