import pytest

from tidegate.errors import UnusableRowsError
from tidegate.tasks import Binary, Quantiles
from tidegate.training.estimators import Calibrated, Conformal, LastValue, LogisticRegression, TrainingRows
from tidegate.training.model_columns import ModelColumns

pytestmark = pytest.mark.slow

COLUMNS = ModelColumns((), ("before",))


def test_bands_cover_what_their_levels_say(spark):
    frame = spark.range(4_000).selectExpr("CAST(id AS double) AS before", "id + pmod(hash(id), 1000) / 100D AS label").cache()

    fitted = Conformal(LastValue("before"), held_out=0.5).fit(
        TrainingRows(frame, COLUMNS, "label", 0), Quantiles((0.1, 0.5, 0.9))
    )

    scored = fitted.transform(frame, ["low", "middle", "high"])
    shares = scored.selectExpr("avg(int(label <= low))", "avg(int(label <= middle))", "avg(int(label <= high))").first()
    assert list(shares) == pytest.approx([0.1, 0.5, 0.9], abs=0.02)
    assert fitted.scorer.outputs == ("quantile_0_1", "quantile_0_5", "quantile_0_9")


def test_calibrated_probabilities_agree_with_observed_shares(spark):
    # The share of class 1 is 0.9 above 5, and 0.3 below: no logistic curve.
    frame = (
        spark.range(3_000)
        .selectExpr("id % 10D AS before", "CAST(pmod(hash(id), 10) < if(id % 10 >= 5, 9, 3) AS double) AS label")
        .cache()
    )
    rows = TrainingRows(frame, COLUMNS, "label", 0)

    fitted = Calibrated(LogisticRegression(), held_out=0.3).fit(rows, Binary())

    means = fitted.transform(frame, ["p"]).groupBy("before").agg({"p": "avg", "label": "avg"}).toPandas()
    assert (means["avg(p)"] - means["avg(label)"]).abs().max() < 0.1
    assert fitted.pipeline is None


def test_nothing_held_out_is_refused(spark):
    rows = TrainingRows(spark.createDataFrame([(1.0, 1.0)], "before double, label double"), COLUMNS, "label", 0)

    with pytest.raises(UnusableRowsError, match="rows for conformal bands: none were held out"):
        Conformal(LastValue("before"), held_out=0.01).fit(rows, Quantiles())
