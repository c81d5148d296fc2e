"""A root on HDFS: artifacts, a small store and a model; the flight system end to end by `make evidence`."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mlflow.spark
import pytest
from pyspark.ml import Pipeline
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.sql import SparkSession
from pyspark.sql import types as T
from tests.jobs.starting import run
from tests.jobs.two_weeks import FIRST_DAY, LAST_DAY, NEXT_DAY, QUICK, SYSTEM, quick_conf, run_two_weeks
from tests.minidfs import small_hdfs
from tests.same_rows import assert_same_tables
from tests.unit.registry.test_hadoop_artifacts import TREE, assert_like_the_local_store

from tidegate import FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Field
from tidegate.registry import HadoopArtifactRepository, Registry, model_signature
from tidegate.registry.hadoop_artifacts import artifact_uri
from tidegate.scorers.portable_scorer import digest_of
from tidegate_examples.flight_delays import SYSTEM as FLIGHTS

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

START = datetime(2024, 1, 1, tzinfo=UTC)
FIELDS = (
    Field("sensor", T.LongType(), "the sensor"),
    Field("level", T.DoubleType(), "of the water", "metres"),
    Field("flood", T.DoubleType(), "1 where one came"),
)
READINGS = FeatureGroup("readings", 1, ("sensor",), FIELDS, "readings of sensors, and what came of them")
VIEW = FeatureView("flood", 1, READINGS, READINGS, ("flood",), (FeatureChoice(READINGS, ("level",), timedelta(days=9)),))


@pytest.fixture(scope="module")
def hdfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with small_hdfs(tmp_path_factory.mktemp("hdfs")) as address:
        yield address


def test_artifacts_on_hdfs_are_those_of_mlflows_local_store(spark: SparkSession, hdfs: str, tmp_path: Path) -> None:
    tree = tmp_path / "of the model"
    for name, content in TREE.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(content)
    repository = HadoopArtifactRepository(artifact_uri(f"{hdfs}/with blank # 100% ü/run"))
    assert_like_the_local_store(repository, tree, tmp_path)


def filled(spark: SparkSession, root: str) -> FeatureStore:
    """Write some days into a group."""
    store = FeatureStore(spark, root)
    days = [(sensor, day, START + timedelta(days=day)) for sensor in range(3) for day in range(5)]
    rows = [(sensor, 1.0 * sensor + day, float(sensor + day > 3), at, at + timedelta(hours=1)) for sensor, day, at in days]
    frame = spark.createDataFrame(rows, "sensor long, level double, flood double, event_time timestamp, available_at timestamp")
    store.write(READINGS, frame)
    return store


def test_a_store_on_hdfs_holds_what_a_local_one_holds(spark: SparkSession, hdfs: str, tmp_path: Path) -> None:
    stores = [filled(spark, root) for root in (f"{hdfs}/with blank/store", str(tmp_path / "store"))]
    frames = []
    for store in stores:
        frames.append(store.training_dataset(VIEW, START, START + timedelta(days=9)).frame)
    assert_same_tables(frames[0], frames[1], "training dataset")
    root = stores[0].layout.root
    registry = Registry(f"sqlite:///{tmp_path}/mlflow.db", artifact_uri(f"{root}/mlflow/artifacts"), f"{root}/mlflow/scratch")
    stages = [VectorAssembler(inputCols=["level"], outputCol="in"), LinearRegression(featuresCol="in", labelCol="flood")]
    fitted = Pipeline(stages=stages).fit(frames[0].na.fill(0.0))
    with registry.run("flood") as logged:
        uri = logged.log_spark_model(fitted, model_signature([], ["level"]), ["pyspark"])
        logged.log_scorer(b"stands for a scorer", digest_of(b"stands for a scorer"))
        version = registry.register("flood", logged, uri, {})
    registry.promote(version)
    assert registry.scorer(registry.require_champion("flood")) == b"stands for a scorer"
    assert uri.startswith(f"{hdfs}/with%20blank/")
    loaded = mlflow.spark.load_model("models:/flood@champion", dfs_tmpdir=str(tmp_path / "loaded"))
    assert loaded.transform(frames[1].na.fill(0.0)).select("prediction").collect() == (
        fitted.transform(frames[1].na.fill(0.0)).select("prediction").collect()
    )


@pytest.mark.evidence
def test_two_weeks_of_flights_on_hdfs_are_those_of_a_local_root(spark: SparkSession, hdfs: str, tmp_path: Path) -> None:
    """Features, training, predictions and the page by the README's command, then a later day."""
    local, root = run_two_weeks(tmp_path / "local" / "root").root, f"{hdfs}/flights/root"
    conf = {str(local): quick_conf(tmp_path / "again"), root: quick_conf(tmp_path / "hdfs")}
    models = f"mlflow: {{tracking_uri: 'sqlite:///{tmp_path}/mlflow.db', artifact_root: '{root}/mlflow/artifacts'}}\n"
    with (conf[root] / "local" / "base.yml").open("a") as overlay:
        overlay.write(models)
    period, day = ("--from", FIRST_DAY, "--to", LAST_DAY), ("--day", NEXT_DAY)
    for days, where in ((period, root), (day, root), (day, str(local))):
        done = run(*QUICK, "jobs/run_system.py", *SYSTEM, *days, "--root", where, "--conf-dir", conf[where], COLUMNS="200")
        assert done.returncode == 0, done.stderr[-5000:]
    ours, theirs = FeatureStore(spark, root), FeatureStore(spark, str(local))
    for step in FLIGHTS.steps:
        assert_same_tables(ours.read(step.group), theirs.read(step.group), step.group.full_name)
    predicted = [store.predictions("flight_delays").drop("scored_at") for store in (ours, theirs)]
    assert_same_tables(predicted[0], predicted[1], "predictions")
