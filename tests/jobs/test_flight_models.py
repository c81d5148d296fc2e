"""All models of the flight system on two weeks: each is trained, released and predicts the next day in a table of its own."""

from pathlib import Path

import pytest
from jobs.feature_pipeline import main as feature_pipeline
from jobs.inference_pipeline import main as inference_pipeline
from jobs.release import main as release
from jobs.training_pipeline import main as training_pipeline
from pyspark.sql import SparkSession
from tests.jobs.two_weeks import FIRST_DAY, LAST_DAY, NEXT_DAY, SYSTEM, copied

from tidegate import FeatureStore
from tidegate_examples.flight_delays import SYSTEM as FLIGHTS

pytestmark = [pytest.mark.slow, pytest.mark.evidence]


def test_every_model_of_the_flights_is_trained_released_and_predicts(
    spark: SparkSession, prepared_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copied(prepared_root, tmp_path)
    where = [*SYSTEM, "--root", str(root)]
    assert training_pipeline([*where, "--from", FIRST_DAY, "--to", LAST_DAY]) == 0
    said = capsys.readouterr().out
    for model in FLIGHTS.models:
        assert f"done: {model.name} version " in said
    # What is not accepted on so few days is released all the same: a promotion is a person's decision.
    versions = {model.name: 2 if model.name == "flight_delays" else 1 for model in FLIGHTS.models}
    named = [word for name, version in versions.items() for word in ("--version", f"{name}={version}")]
    assert release(["promote", *where, *named]) == 0
    assert feature_pipeline([*where, "--day", NEXT_DAY]) == 0
    assert inference_pipeline([*where, "--day", NEXT_DAY]) == 0

    store = FeatureStore(spark, str(root))
    for model in FLIGHTS.models:
        rows = store.predictions(model.name).where(f"prediction_time >= '{NEXT_DAY}' AND model_version = {versions[model.name]}")
        assert rows.count() >= 24, model.name
        for field in model.task.prediction_fields:
            assert rows.where(f"`{field.name}` IS NULL").isEmpty(), (model.name, field.name)
        assert rows.select("release").distinct().count() == 1
    ranges = store.predictions("delay_range")
    assert ranges.where("quantile_0_1 > quantile_0_5 OR quantile_0_5 > quantile_0_9").isEmpty()
    classes = store.predictions("departure")
    assert classes.where("abs(probability_on_time + probability_late + probability_cancelled - 1) > 1e-6").isEmpty()
