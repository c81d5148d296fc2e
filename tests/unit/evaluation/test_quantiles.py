import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_pinball_loss

from tidegate.errors import UnusableRowsError
from tidegate.evaluation.quantiles import level_name, quantiles_metrics
from tidegate.evaluation.scored_rows import ScoredRows

LEVELS = (0.1, 0.5, 0.9)
MODELS = {name: tuple(f"{name}_{place}" for place in range(3)) for name in ("good", "crossed", "constant")}


def rows_with_scores() -> pd.DataFrame:
    """2,000 rows. The quantiles of `crossed` are those of `good` in falling order. `constant` has one value, which is a label."""
    generator = np.random.default_rng(2)
    middle = generator.normal(0.0, 10.0, size=2_000)
    label = np.round(middle + generator.normal(0.0, 3.0, size=2_000))
    good = np.stack([middle - 3.84, middle, middle + 3.84], axis=1)
    scores = {"good": good, "crossed": good[:, ::-1], "constant": np.zeros((2_000, 3))}
    columns = {f"{name}_{place}": values[:, place] for name, values in scores.items() for place in range(3)}
    return pd.DataFrame({"label": label, **columns})


def test_quantiles_metrics_agree_with_scikit_learn_and_put_quantiles_in_order(spark):
    rows = rows_with_scores()

    metrics = quantiles_metrics(ScoredRows(spark.createDataFrame(rows), "label", MODELS), LEVELS)

    for name, measured in metrics.items():
        label = rows["label"].to_numpy()
        quantiles = np.sort(rows[list(MODELS[name])].to_numpy(), axis=1)
        losses = [mean_pinball_loss(label, quantiles[:, place], alpha=level) for place, level in enumerate(LEVELS)]
        coverage = [(label <= quantiles[:, place]).mean() for place in range(3)]
        assert measured.numbers() == {
            "rows": 2_000.0,
            "pinball_loss": pytest.approx(np.mean(losses)),
            **{f"pinball_loss_0_{level}": pytest.approx(loss) for level, loss in zip("159", losses, strict=True)},
            **{f"coverage_0_{level}": pytest.approx(share) for level, share in zip("159", coverage, strict=True)},
            "band_coverage": pytest.approx(((quantiles[:, 0] <= label) & (label <= quantiles[:, 2])).mean()),
            "band_width": pytest.approx((quantiles[:, 2] - quantiles[:, 0]).mean(), abs=1e-12),
        }
        assert measured.loss == measured.numbers()["pinball_loss"]
    assert metrics["good"].numbers() == pytest.approx(metrics["crossed"].numbers())
    assert metrics["good"].details()["levels"][2]["coverage"] == pytest.approx(0.9, abs=0.02)
    assert metrics["constant"].band_coverage == pytest.approx((rows["label"] == 0).mean())


def test_quantiles_metrics_of_one_level_have_no_band(spark):
    frame = spark.createDataFrame([(1, 2.0), (3, 2.0)], "label int, p double")

    measured = quantiles_metrics(ScoredRows(frame, "label", {"p": ("p",)}), (0.25,))["p"]

    assert measured.numbers() == {"rows": 2.0, "pinball_loss": 0.5, "pinball_loss_0_25": 0.5, "coverage_0_25": 0.5}


def test_quantiles_metrics_refuse_unusable_rows(spark):
    bad = (None, float("nan"), float("inf"), float("-inf"))
    rows = [(1.0, 1.0, 2.0), *((each, 1.0, 2.0) for each in bad), *((0.0, 1.0, each) for each in bad[:3]), (0.0, None, 1.0)]
    frame = spark.createDataFrame(rows, "label double, a double, b double")

    with pytest.raises(UnusableRowsError) as error:
        quantiles_metrics(ScoredRows(frame, "label", {"p": ("a", "b")}), (0.1, 0.9))

    assert "rows scored by p: 4 row(s) have no finite label; 4 row(s) have no finite quantile for each level." in str(error.value)


def test_level_name_is_part_of_a_name():
    assert [level_name(level) for level in (0.5, 0.975, 1e-05)] == ["0_5", "0_975", "1e_05"]
