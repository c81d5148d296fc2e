"""Artifacts by Hadoop's file system: what MLflow's own local store gives for the same calls; and a root that has no scheme."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository
from pyspark.sql import SparkSession

from tidegate import FeatureStore
from tidegate.hadoop import local_path
from tidegate.registry.hadoop_artifacts import SCHEMES, HadoopArtifactRepository, artifact_uri
from tidegate.registry.location import registry_location

PLAIN = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3] / "lib")}
TREE = {
    "plain.txt": b"a",
    "a b/with blank.txt": b"b" * 3_000_000,
    "a b/deeper/ü (1) &.json": b"",
    "a b/deeper/part-0.snappy.parquet": bytes(range(256)),
    "_SUCCESS": b"",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "of the model"
    for name, content in TREE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def files_below(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def listing(repository: ArtifactRepository, path: str | None) -> list[tuple[str, bool, int | None]]:
    found = [(each.path, each.is_dir, None if each.is_dir else each.file_size) for each in repository.list_artifacts(path)]
    return sorted(found)


def used(repository: ArtifactRepository, tree: Path, folder: Path) -> list[object]:
    """Call everything that MLflow calls, and return what it gave."""
    seen: list[object] = []
    repository.log_artifact(str(tree / "plain.txt"))
    repository.log_artifact(str(tree / "plain.txt"), "at the side")
    repository.log_artifacts(str(tree))
    repository.log_artifacts(str(tree), "model/data")
    (tree / "plain.txt").write_bytes(b"other")
    repository.log_artifact(str(tree / "plain.txt"), "model/data")
    places = (None, "", "model", "model/data", "model/data/a b", "a b/deeper", "plain.txt", "not there")
    seen += [listing(repository, path) for path in places]
    for number, path in enumerate(("model", "plain.txt", "a b/deeper/ü (1) &.json", "")):
        target = folder / str(number)
        target.mkdir(parents=True)
        repository.download_artifacts(path, str(target))
        seen.append(files_below(target))
    repository.delete_artifacts("model/data/a b/deeper")
    repository.delete_artifacts("plain.txt")
    seen += [listing(repository, path) for path in (None, "model/data/a b")]
    return seen


def assert_like_the_local_store(repository: ArtifactRepository, tree: Path, folder: Path) -> None:
    (folder / "own").mkdir()
    theirs = used(LocalArtifactRepository((folder / "own").as_uri()), tree, folder / "theirs")
    (tree / "plain.txt").write_bytes(TREE["plain.txt"])
    assert used(repository, tree, folder / "ours") == theirs


def test_every_call_gives_what_mlflows_local_store_gives(spark: SparkSession, tree: Path, tmp_path: Path) -> None:
    # Hadoop's own local file system: another file system takes the same calls (tests/integration/test_hdfs.py).
    root = f"file:{tmp_path}/root # 100%20 ü/run"
    assert_like_the_local_store(HadoopArtifactRepository(artifact_uri(root)), tree, tmp_path)
    assert (tmp_path / "root # 100%20 ü" / "run").is_dir()


def test_what_is_not_there_is_an_error_of_mlflow_without_a_trace(spark: SparkSession, tmp_path: Path) -> None:
    repository = HadoopArtifactRepository(f"file:{tmp_path}/run")
    with pytest.raises(MlflowException) as refused:
        repository.download_artifacts("scorer/scorer.zip", str(tmp_path))
    assert f"{tmp_path}/run/scorer/scorer.zip" in str(refused.value)
    assert "\tat org.apache" not in str(refused.value)


def test_other_threads_find_the_session(spark: SparkSession, tree: Path, tmp_path: Path) -> None:
    repository = HadoopArtifactRepository(f"file:{tmp_path}/run")
    work = threading.Thread(target=repository.log_artifacts, args=(str(tree),))
    work.start()
    work.join()
    assert files_below(tmp_path / "run") == TREE


def test_without_a_session_it_says_what_to_start() -> None:
    lines = "from tidegate.registry import HadoopArtifactRepository as R; R('hdfs://host/run').list_artifacts()"
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=False, env=PLAIN)
    assert "hdfs://host/run is reached through a Spark session, and none runs in this process; start one" in done.stderr


@pytest.mark.parametrize("scheme", SCHEMES)
def test_mlflow_takes_it_for_every_file_system_of_hadoop(scheme: str) -> None:
    assert isinstance(get_artifact_repository(f"{scheme}://host/run"), HadoopArtifactRepository)


def test_mlflow_keeps_its_own_stores_for_the_others() -> None:
    assert isinstance(get_artifact_repository("file:/run"), LocalArtifactRepository)


def test_a_root_without_a_scheme_lies_in_the_default_file_system(
    spark: SparkSession, hdfs_by_default: str, tmp_path: Path
) -> None:
    root = FeatureStore(spark, "/x y/store").layout.root
    assert root == f"{hdfs_by_default}/x y/store"
    assert local_path(root) is None
    assert FeatureStore(spark, f"file:{tmp_path}").layout.root == f"file:{tmp_path}"
    database, artifacts = registry_location(root, None, None)
    assert not database.startswith("sqlite:////x")
    assert artifacts == f"{hdfs_by_default}/x%20y/store/mlflow/artifacts"


@pytest.mark.parametrize("root", ["/x/y", "file:/x/y", "file:///x/y"])
def test_a_local_root_stays_as_it_was_written(spark: SparkSession, root: str) -> None:
    assert FeatureStore(spark, root).layout.root == root


@pytest.mark.parametrize("root", ["hdfs://host/x", "hdfs:/x", "s3a://bucket/x", "viewfs:/x"])
def test_a_root_with_a_scheme_is_no_folder_of_this_machine(root: str) -> None:
    assert local_path(root) is None
