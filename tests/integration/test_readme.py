"""The system of one's own in README.md: it fits into 40 lines, and does what it says."""

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import tidegate.session
from tidegate import FeatureStore

pytestmark = pytest.mark.slow

README = Path(__file__).parents[2] / "README.md"
MOST_LINES = 40


def test_the_system_of_the_readme_is_trained_released_and_predicts(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, *_ = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(code.splitlines()) <= MOST_LINES
    # Each test process has one session, and no test writes into the checkout.
    monkeypatch.setattr(tidegate.session, "build_session", lambda name: spark)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)

    trained = names["trained"]
    assert isinstance(trained, tidegate.TrainedModel)
    assert trained.accepted == trained.version == 1
    # The noise has a standard deviation of 100.
    assert 80 < trained.metrics[trained.estimator]["rmse"] < trained.metrics["naive"]["rmse"] / 2
    shown = capsys.readouterr().out
    assert "there was no champion; test squared error" in shown
    assert "prediction_time" in shown
    rows = FeatureStore(spark, "data/shops").predictions("evening").collect()
    assert len(rows) == 3 * 9
    assert {(row["model_version"], row["estimator"]) for row in rows} == {(1, trained.estimator)}
