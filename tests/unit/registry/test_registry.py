import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import mlflow.spark
import pytest
from mlflow import MlflowClient
from pyspark.ml import Pipeline
from pyspark.ml.feature import StringIndexer

from tidegate.errors import CorruptScorerError, NoChampionError
from tidegate.registry import Registry, model_signature
from tidegate.registry.abandoned_runs import DRIVER_TAG
from tidegate.scorers.portable_scorer import digest_of

pytestmark = pytest.mark.slow

SCORER = b"stands for a scorer"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="module")
def registry(root) -> Registry:
    # One store for all tests of this file: making its tables takes seconds. Each test has a model of its own.
    return Registry(f"sqlite:///{root}/mlflow/mlflow.db", f"{root}/mlflow/artifacts")


@pytest.fixture
def client(registry) -> MlflowClient:
    return MlflowClient(registry.tracking_uri)


def registered(registry, model, lineage=None):
    with registry.run(model) as run:
        run.log_scorer(SCORER, digest_of(SCORER))
        return registry.register(model, run, f"runs:/{run.run_id}/model", lineage or {})


def test_champion_is_none_before_any_version(registry):
    assert registry.champion("new") is None


def test_champion_is_none_while_no_version_was_promoted(registry):
    registered(registry, "waiting")

    assert registry.champion("waiting") is None


def test_require_champion_names_the_model_and_what_there_is(registry):
    registered(registry, "arrivals")

    with pytest.raises(NoChampionError, match=r"model arrival: no version has the alias.*Did you mean 'arrivals'"):
        registry.require_champion("arrival")


def test_promote_moves_the_champion(registry):
    first = registered(registry, "moving", {"feature_view": "departure_delay", "code": "abc"})
    registry.promote(first)
    assert registry.require_champion("moving") == first
    assert first.lineage == {"feature_view": "departure_delay", "code": "abc"}

    second = registered(registry, "moving")
    registry.promote(second)

    assert (first.version, second.version) == (1, 2)
    assert registry.champion("moving") == second


def test_scorer_gives_what_was_logged(registry):
    assert registry.scorer(registered(registry, "scored")) == SCORER


def test_scorer_refuses_another_file(registry, root):
    version = registered(registry, "changed")
    (file,) = root.glob(f"mlflow/artifacts/changed/{version.run_id}/artifacts/scorer/scorer.zip")
    file.write_bytes(SCORER + b"!")

    with pytest.raises(CorruptScorerError, match=f"version 1 has sha256 {digest_of(SCORER + b'!')}, but the registered one is"):
        registry.scorer(version)


def test_scorer_names_a_missing_file(registry, root):
    version = registered(registry, "lost")
    (file,) = root.glob(f"mlflow/artifacts/lost/{version.run_id}/artifacts/scorer/scorer.zip")
    file.unlink()

    with pytest.raises(CorruptScorerError, match="of lost version 1 can't be read"):
        registry.scorer(version)


def test_scorer_refuses_a_version_registered_without_digest(registry):
    with pytest.raises(CorruptScorerError, match="the registered one is none"):
        registry.scorer(replace(registered(registry, "unsigned"), scorer_sha256=""))


def test_run_that_raises_is_marked_failed(registry, client):
    with pytest.raises(RuntimeError, match="stopped"), registry.run("failing") as run:
        raise RuntimeError("stopped")

    assert client.get_run(run.run_id).info.status == "FAILED"


def test_run_logs_values_and_files_and_neither_user_nor_program(registry, client):
    with registry.run("logging") as run:
        run.log_values({"depth": "5"}, {"loss": 0.25, "endless": float("inf")}, {"code": "abc"})
        run.log_json("folder/list.json", [1, None])
        run.log_file("plots", "a.png", b"png")

    found = client.get_run(run.run_id)
    assert found.info.status == "FINISHED"
    assert (found.data.params, found.data.metrics) == ({"depth": "5"}, {"loss": 0.25})
    assert set(found.data.tags) == {"code", "mlflow.runName", "tidegate.driver"}
    assert [item.path for item in client.list_artifacts(run.run_id)] == ["folder", "plots"]


def test_log_spark_model_gives_a_model_that_loads_with_its_signature(registry, spark, root, tmp_path):
    rows = spark.createDataFrame([("JFK",), ("EWR",)], "origin string")
    model = Pipeline(stages=[StringIndexer(inputCol="origin", outputCol="place")]).fit(rows)

    with registry.run("spark") as run:
        run.log_scorer(SCORER, digest_of(SCORER))
        uri = run.log_spark_model(model, model_signature(["origin"], ["wind"]), ["pyspark==4.2.0"])
        version = registry.register("spark", run, uri, {})

    loaded = mlflow.spark.load_model(f"models:/spark/{version.version}", dfs_tmpdir=str(tmp_path))
    assert loaded.transform(rows).collect() == model.transform(rows).collect()
    described = mlflow.models.get_model_info(uri)
    assert described.signature.inputs.input_names() == ["origin", "wind"]
    assert described.saved_input_example_info is None


def test_registry_switches_telemetry_off():
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert os.environ["DO_NOT_TRACK"] == "true"


def test_registry_leaves_the_environment_as_it_was(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    first = Registry(f"sqlite:///{tmp_path}/first.db")
    assert "MLFLOW_TRACKING_URI" not in os.environ

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "named-by-the-user")
    Registry(f"sqlite:///{tmp_path}/second.db")
    assert os.environ["MLFLOW_TRACKING_URI"] == "named-by-the-user"
    assert first.champion("anything") is None


KILLED_DRIVER = """
import os, signal, sys
from tidegate.registry import Registry
with Registry(sys.argv[1], sys.argv[2]).run("killed") as run:
    print(run.run_id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_run_ends_the_runs_of_killed_drivers_and_no_others(registry, root, client):
    program = [sys.executable, "-c", KILLED_DRIVER, registry.tracking_uri, f"{root}/mlflow/artifacts"]
    killed = subprocess.run(program, capture_output=True, text=True, check=False).stdout.strip()
    assert client.get_run(killed).info.status == "RUNNING"
    elsewhere = client.create_run(client.get_run(killed).info.experiment_id, tags={DRIVER_TAG: "another-host:1"}).info.run_id
    with registry.run("killed") as mine, registry.run("killed"):
        statuses = [client.get_run(run_id).info.status for run_id in (killed, elsewhere, mine.run_id)]
    assert statuses == ["KILLED", "RUNNING", "RUNNING"]
