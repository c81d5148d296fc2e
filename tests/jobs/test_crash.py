"""The driver is killed while it works: the next run gives the tables of an undisturbed one."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from jobs.feature_pipeline import main as feature_pipeline
from jobs.inference_pipeline import main as inference_pipeline
from jobs.training_pipeline import main as training_pipeline
from pyspark.sql import DataFrame, SparkSession
from tests.jobs.starting import CHECKOUT
from tests.jobs.two_weeks import FIRST_DAY, LAST_DAY, NEXT_DAY, SYSTEM, copied, quick_conf
from tests.same_rows import assert_same_tables

from tidegate import FeatureStore
from tidegate_examples.flight_delays import SYSTEM as FLIGHTS

pytestmark = [pytest.mark.slow, pytest.mark.evidence]


def killed_at(line: str, seconds: float, *arguments: object) -> None:
    """Start a job and SIGKILL its whole process group so many seconds after it logs a line."""
    command = [str(CHECKOUT / "spark-submit.sh"), *map(str, arguments)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, env=dict(os.environ)
    )
    # spark-submit sends the standard error of a Python driver to its own standard output.
    assert process.stdout is not None
    seen = ""
    for said in process.stdout:
        seen += said
        if line in said:
            break
    else:
        pytest.fail(f"{line!r} was never logged:\n{seen[-3000:]}")
    time.sleep(seconds)
    assert process.poll() is None, "the job ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()


def groups_of(spark: SparkSession, root: Path) -> dict[str, DataFrame]:
    store = FeatureStore(spark, str(root))
    return {step.group.full_name: store.read(step.group) for step in FLIGHTS.steps}


def test_driver_killed_during_merge_leaves_nothing_half_done(spark: SparkSession, own_root: Path, tmp_path: Path) -> None:
    undisturbed = copied(own_root, tmp_path / "undisturbed")
    day = [*SYSTEM, "--day", NEXT_DAY, "--root"]
    assert feature_pipeline([*day, str(undisturbed)]) == 0
    killed_at("feature group departure_outcomes_v2 ...", 2.0, "jobs/feature_pipeline.py", *day, own_root)
    store = FeatureStore(spark, str(own_root))
    assert store.audit.runs().orderBy("at", ascending=False).first().result == "started"  # type: ignore[union-attr]
    assert feature_pipeline([*day, str(own_root)]) == 0
    expected = groups_of(spark, undisturbed)
    for name, rows in groups_of(spark, own_root).items():
        assert_same_tables(rows, expected[name], name)


def test_driver_killed_during_training_is_followed_by_the_same_model(
    spark: SparkSession, prepared_root: Path, own_root: Path
) -> None:
    conf = quick_conf(own_root.parent)
    days = [*SYSTEM, "--from", FIRST_DAY, "--to", LAST_DAY, "--root", own_root, "--conf-dir", conf]
    for folder in ("mlflow", "predictions", "training_datasets", "manifests"):
        subprocess.run(["rm", "-rf", str(own_root / folder)], check=True)
    killed_at("training: prepare rows", 3.0, "jobs/training_pipeline.py", *days)
    assert training_pipeline([*map(str, days)]) == 0
    # The last two of fourteen days are the test part, which the README's command scored.
    assert inference_pipeline([*SYSTEM, "--from", "2013-01-08", "--to", LAST_DAY, "--root", str(own_root)]) == 0
    columns = [*FLIGHTS.models[0].kept, "prediction_time", "probability", "prediction", "model_version"]
    actual = FeatureStore(spark, str(own_root)).predictions("flight_delays").select(*columns)
    expected = FeatureStore(spark, str(prepared_root)).predictions("flight_delays").select(*columns)
    assert_same_tables(actual, expected, "predictions")
