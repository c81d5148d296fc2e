"""The README's main command, as a user starts it, on two weeks of real flights."""

import re

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.jobs.starting import CHECKOUT
from tests.jobs.two_weeks import NEXT_DAY, SystemRun

from tidegate import FeatureStore
from tidegate_examples.flight_delays import SYSTEM

pytestmark = pytest.mark.slow


def test_run_system_says_what_it_did_and_what_to_do_next(two_weeks: SystemRun) -> None:
    for group in SYSTEM.steps:
        assert group.group.full_name in two_weeks.printed
    for words in ("boosted_trees", "logistic_regression", "naive", "log loss", "seconds", "champion"):
        assert words in two_weeks.printed
    assert f"page: {two_weeks.root}/pages/flight_delays.html" in two_weeks.printed
    suggested = next(line for line in two_weeks.printed.splitlines() if f"--day {NEXT_DAY}" in line)
    assert suggested.strip().startswith(f"./spark-submit.sh jobs/run_system.py --system flight_delays --root {two_weeks.root} ")
    page = (two_weeks.root / "pages" / "flight_delays.html").read_text()
    assert len(page) > 1_000_000
    assert "model flight_delays: xgboost was chosen on the validation rows" in two_weeks.printed
    assert "against the naive prediction, 95 % interval" in two_weeks.printed


def test_run_system_gives_every_test_flight_one_traceable_prediction(spark: SparkSession, two_weeks: SystemRun) -> None:
    store = FeatureStore(spark, str(two_weeks.root))
    predictions = store.predictions("flight_delays")
    spine = store.read(SYSTEM.models[0].view.spine)
    bounds = predictions.agg(F.min("prediction_time"), F.max("prediction_time")).first()
    assert bounds is not None
    expected = spine.where(F.col("event_time").between(*bounds)).count()
    key = [*SYSTEM.models[0].view.spine.entity_key, "prediction_time"]
    assert predictions.select(*key).distinct().count() == predictions.count() == expected > 1_000
    made_by = predictions.select("release", "arm", "model_name", "model_version", "feature_view_version", "estimator")
    assert [tuple(row)[1:] for row in made_by.distinct().collect()] == [("champion", "flight_delays", 1, 3, "xgboost")]
    assert len(predictions.select("release").distinct().collect()) == 1
    versions = predictions.select("feature_table_versions").first()
    assert versions is not None
    assert set(versions[0]) == {group.full_name for group in (SYSTEM.models[0].view.spine, *SYSTEM.models[0].view.groups)}
    assert predictions.where("probability IS NULL OR probability < 0 OR probability > 1").isEmpty()


def test_run_system_records_every_job_with_start_and_end(spark: SparkSession, two_weeks: SystemRun) -> None:
    runs = FeatureStore(spark, str(two_weeks.root)).audit.runs().orderBy("at").collect()
    pipelines = ("feature_pipeline", "training_pipeline", "release", "inference_pipeline")
    assert [(row.job, row.result) for row in runs] == [(job, end) for job in pipelines for end in ("started", "succeeded")]


def test_training_dataset_has_one_row_a_label_and_no_label_known_too_late(spark: SparkSession, two_weeks: SystemRun) -> None:
    store = FeatureStore(spark, str(two_weeks.root))
    manifest = store.audit.manifests().first()
    assert manifest is not None
    in_period = store.read(SYSTEM.models[0].view.labels).where(
        (F.col("event_time") >= F.lit(manifest.label_start)) & (F.col("event_time") < F.lit(manifest.label_end))
    )
    known = in_period.where(F.col("available_at") <= F.lit(manifest.known_by))
    assert manifest.rows == known.count() > 0


def test_a_missing_aircraft_does_not_reveal_the_outcome(spark: SparkSession, two_weeks: SystemRun) -> None:
    # All flights without a registration were cancelled: they are left out of spine and labels, or NULL would be the answer.
    store = FeatureStore(spark, str(two_weeks.root))
    for group in (SYSTEM.models[0].view.labels, SYSTEM.models[0].view.spine):
        assert store.read(group).where("tailnum IS NULL").isEmpty()
    manifest = store.audit.manifests().first()
    assert manifest is not None
    dataset = spark.read.format("delta").load(store.layout.training_dataset(SYSTEM.models[0].view.full_name, manifest.dataset_id))
    shares = {
        row.missing: row.share
        for row in dataset.groupBy(F.col("last_departure_delay").isNull().alias("missing"))
        .agg(F.avg("delayed").alias("share"))
        .collect()
    }
    assert shares[True] < 0.5
    assert abs(shares[True] - shares[False]) < 0.2


def test_every_command_of_the_readme_is_run_by_a_test() -> None:
    readme = (CHECKOUT / "README.md").read_text()
    jobs = set(re.findall(r"^\./spark-submit\.sh jobs/(\w+)\.py", readme, flags=re.MULTILINE))
    files_of_tests = [file for folder in ("jobs", "integration") for file in (CHECKOUT / "tests" / folder).glob("*.py")]
    tests = "\n".join(file.read_text() for file in files_of_tests)
    pipelines = {"run_system", "feature_pipeline", "inference_pipeline", "training_pipeline"}
    files = {"requeue"}
    others = {
        "explain",
        "features",
        "feature_statistics",
        "plan",
        "evolve",
        "backfill",
        "forget",
        "subject_key",
        "delete",
        "maintain",
        "release",
    }
    assert jobs == {*pipelines, *files, *others}
    assert [job for job in jobs if f"jobs/{job}.py" not in tests and f"jobs.{job}" not in tests] == []
