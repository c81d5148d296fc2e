"""Jobs on a real standalone cluster whose workers have nothing but the shipped archive; what breaks only there breaks here."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from tests.jobs.standalone import standalone_cluster
from tests.jobs.starting import CHECKOUT
from tests.jobs.two_weeks import FIRST_DAY, LAST_DAY, SYSTEM
from tests.quick_jvm import QUICK_JVM
from tests.same_rows import assert_same_tables

from tidegate import FeatureStore
from tidegate_examples.flight_delays import SYSTEM as DEFINITION

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

PREDICTED = ("--from", "2013-01-08", "--to", LAST_DAY)  # the test days of the local run
# Starting on the cluster takes longest, so one session does it all: it looks at what the workers use, and runs both jobs.
JOBS_AFTER_A_LOOK = """
import json, os, runpy, sys
from collections.abc import Iterator
import pandas as pd
from pyspark.sql import functions as F
from tidegate.session import build_session

session = build_session("look")


@F.pandas_udf("string")
def where(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
    import numpy, pyspark, tidegate
    modules = {module.__name__: module.__file__ for module in (numpy, pyspark, tidegate)}
    seen = {**modules, "python": sys.executable, "folder": os.getcwd(), "zone": os.environ.get("TZ")}
    for batch in batches:
        yield pd.Series([json.dumps(seen)] * len(batch))


session.range(0, 1000, 1, 8).select("id", where("id").alias("seen")).write.format("delta").save(sys.argv[1])
rows = session.read.format("delta").load(sys.argv[1])
distinct = [row.seen for row in rows.select("seen").distinct().collect()]
print("SEEN", json.dumps({"rows": rows.count(), "seen": [json.loads(seen) for seen in distinct]}), flush=True)
for command in json.loads(sys.argv[2]):
    sys.argv = command
    try:
        runpy.run_path(command[0], run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with standalone_cluster(tmp_path_factory.mktemp("cluster")) as address:
        yield address


@dataclass(frozen=True)
class ClusterRun:
    """A root that the cluster filled, and what its workers had used."""

    root: Path
    looked: dict[str, Any]


@pytest.fixture(scope="module")
def run_by_cluster(cluster: str, prepared_root: Path, tmp_path_factory: pytest.TempPathFactory) -> ClusterRun:
    """From the landing zone of the local run, scored by the local run's champion."""
    folder = tmp_path_factory.mktemp("by_cluster")
    root, registry = folder / "root", {"MLFLOW_TRACKING_URI": f"sqlite:///{prepared_root}/mlflow/mlflow.db"}
    landing = prepared_root / "landing" / DEFINITION.name
    days = ("--from", FIRST_DAY, "--to", LAST_DAY)
    (folder / "job.py").write_text(JOBS_AFTER_A_LOOK)
    commands = [
        [str(CHECKOUT / "jobs/feature_pipeline.py"), *SYSTEM, *days, "--root", str(root), "--landing", str(landing)],
        [str(CHECKOUT / "jobs/inference_pipeline.py"), *SYSTEM, *PREDICTED, "--root", str(root)],
    ]
    printed = submit(cluster, folder, folder / "job.py", folder / "table", json.dumps(commands), **registry)
    [looked] = [line.removeprefix("SEEN ") for line in printed.splitlines() if line.startswith("SEEN ")]
    return ClusterRun(root, json.loads(looked))


def submit(master: str, folder: Path, *job: object, **variables: str) -> str:
    """Submit a job from a folder that is not the checkout; return what it printed."""
    options = ["--master", master, "--pack", "--conf", "spark.executor.memory=900m", "--conf", "spark.executor.cores=1"]
    sizes = ["--conf", "spark.driver.memory=2g", "--conf", "spark.sql.shuffle.partitions=4", "--conf", "spark.ui.enabled=false"]
    quick = ["--driver-java-options", QUICK_JVM, "--conf", f"spark.executor.extraJavaOptions={QUICK_JVM}"]
    command = [str(CHECKOUT / "spark-submit.sh"), *options, *sizes, *quick, *map(str, job)]
    environment = {**os.environ, "PYTHONPATH": "", "SPARK_LOCAL_IP": "127.0.0.1", **variables}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_workers_use_nothing_but_the_archive(run_by_cluster: ClusterRun) -> None:
    looked = run_by_cluster.looked
    assert looked["rows"] == 1000
    assert len(looked["seen"]) == 2, "both workers took part"
    for seen in looked["seen"]:
        assert "/work/app-" in seen["folder"]
        assert seen["zone"] == "UTC"
        assert not [path for path in seen.values() if path and path.startswith(str(CHECKOUT))]
        assert seen["numpy"].startswith(seen["folder"] + "/environment/")
        assert seen["pyspark"].startswith(seen["folder"] + "/environment/")


def test_feature_groups_are_those_of_the_local_run(spark: SparkSession, prepared_root: Path, run_by_cluster: ClusterRun) -> None:
    ours, theirs = FeatureStore(spark, str(run_by_cluster.root)), FeatureStore(spark, str(prepared_root))
    for step in DEFINITION.steps:
        assert_same_tables(ours.read(step.group), theirs.read(step.group), step.group.full_name)


def test_predictions_are_those_of_the_local_run(spark: SparkSession, prepared_root: Path, run_by_cluster: ClusterRun) -> None:
    ours, theirs = (FeatureStore(spark, str(root)).predictions(DEFINITION.name) for root in (run_by_cluster.root, prepared_root))
    assert_same_tables(ours.drop("scored_at"), theirs.drop("scored_at"), "predictions")
