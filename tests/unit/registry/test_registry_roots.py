"""MLflow's store in a root: two trainings at once, a name full of special characters, a move, a copy, what people delete."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from tidegate.errors import DeletedExperimentError, NoChampionError, RegistryError
from tidegate.registry import Registry
from tidegate.registry.location import follow_moved_root, own_database
from tidegate.scorers.portable_scorer import digest_of

NAME = "Grüße 100% %41 #1: a+b?c"
TRAINING = """
import sys
from pathlib import Path
from tests.unit.registry.test_registry_roots import opened, trained
registry = opened(Path(sys.argv[1]))
for number in range(3):
    trained(registry, sys.argv[2] + str(number))
"""


def opened(root: Path) -> Registry:
    """Open the registry of a root as the commands do."""
    uri, artifacts = own_database(root), (root / "mlflow" / "artifacts").as_uri()
    follow_moved_root(str(root), uri, artifacts)
    return Registry(uri, artifacts)


def trained(registry: Registry, content: str) -> None:
    """Do what a training does with MLflow, without the training."""
    scorer = content.encode()
    with registry.run("delays") as run:
        run.log_values({"parameter": content}, {"test.gbt.log_loss": 0.5})
        run.log_scorer(scorer, digest_of(scorer))
        registry.promote(registry.register("delays", run, f"{run.client.get_run(run.run_id).info.artifact_uri}/model", {}))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root on which two trainings began at the same moment; nothing was there before."""
    root = tmp_path_factory.mktemp("roots") / NAME
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    commands = [[sys.executable, "-c", TRAINING, str(root), name] for name in ("first", "second")]
    started = [subprocess.Popen(each, env=environment, stderr=subprocess.PIPE, text=True) for each in commands]
    for process in started:
        _, complaints = process.communicate(timeout=240)
        assert process.returncode == 0, complaints
    return root


@pytest.mark.slow
def test_two_trainings_at_once_on_a_fresh_root_both_register_all_their_versions(root: Path) -> None:
    registry = opened(root)
    versions = MlflowClient(registry.tracking_uri).search_model_versions("name='delays'")
    assert sorted(int(each.version) for each in versions) == [1, 2, 3, 4, 5, 6]
    scorers = {registry.scorer(registry.version("delays", number)).decode() for number in range(1, 7)}
    assert scorers == {f"{name}{number}" for name in ("first", "second") for number in range(3)}
    assert [each.name for each in root.parent.iterdir()] == [NAME]


@pytest.mark.slow
def test_a_root_that_is_copied_or_moved_has_its_own_artifacts(root: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(root, tmp_path / "copy %41#"))
    before = sorted(root.rglob("*.zip"))
    registry = opened(copy)
    trained(registry, "in the copy")
    assert registry.scorer(registry.require_champion("delays")) == b"in the copy"
    assert sorted(root.rglob("*.zip")) == before, "the copy's training wrote into the original"

    moved = copy.rename(tmp_path / "moved")
    registry = opened(moved)
    assert registry.scorer(registry.require_champion("delays")) == b"in the copy"
    assert registry.scorer(registry.version("delays", 1))
    trained(registry, "after the move")
    assert [each.name for each in tmp_path.iterdir()] == ["moved"], "nothing is left at, or was made beside, the former place"
    kept = MlflowClient(registry.tracking_uri).search_model_versions("name='delays'")
    assert all(each.source.startswith(moved.as_uri()) for each in kept)
    assert opened(root).scorer(opened(root).version("delays", 1)), "the original still has its own"


@pytest.mark.slow
def test_what_people_delete_in_mlflow_is_named_and_never_brought_back_silently(root: Path, tmp_path: Path) -> None:
    registry = opened(Path(shutil.copytree(root, tmp_path / "deleted")))
    client = MlflowClient(registry.tracking_uri)
    champion, experiment = registry.require_champion("delays"), client.get_experiment_by_name("delays")
    client.delete_experiment(experiment.experiment_id)
    with pytest.raises(DeletedExperimentError, match=f"restore --experiment-id {experiment.experiment_id}"):
        trained(registry, "new")
    # What the experiment's runs left is still there.
    assert registry.scorer(champion)
    assert registry.test_metrics(champion) == {"gbt": {"log_loss": 0.5}}
    client.restore_experiment(experiment.experiment_id)
    trained(registry, "restored")

    client.delete_registered_model_alias("delays", "champion")
    with pytest.raises(NoChampionError, match="model delays: no version .*registered models: delays.*Train the model, and"):
        registry.require_champion("delays")
    client.delete_model_version("delays", "1")
    with pytest.raises(RegistryError, match="version failed: .*delays.*1"):
        registry.version("delays", 1)
    client.delete_registered_model("delays")
    with pytest.raises(NoChampionError, match="model delays: no version .*registered models: none.*Train the model, and"):
        registry.require_champion("delays")
    trained(registry, "again")
    assert registry.require_champion("delays").version == 1


def test_a_store_that_can_not_be_opened_is_named_without_its_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    for uri, shown in (
        ("http://us3r:pa55word@127.0.0.1:9", "http://127.0.0.1:9: opening it failed: "),
        (f"sqlite:///{tmp_path}", f"sqlite:///{tmp_path}: opening it failed: "),
        ("sqlite:////proc/nothing/mlflow.db", "sqlite:////proc/nothing/mlflow.db: opening it failed: "),
    ):
        with pytest.raises(RegistryError) as caught:
            Registry(uri)
        assert f"MLflow at {shown}" in str(caught.value)
        assert "pa55word" not in str(caught.value)
