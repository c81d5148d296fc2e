"""MLflow's artifacts on Hadoop's file systems: files go through the JVM of the Spark session, which reads and writes the tables.

MLflow's own store for `hdfs:` needs Hadoop's native library, which no package registry has.
"""

import os
import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import quote, unquote

from mlflow.entities import FileInfo
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import _artifact_repository_registry
from mlflow.store.artifact.hdfs_artifact_repo import HdfsArtifactRepository
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from tidegate.hadoop import error_text, file_system_of, hadoop_path, open_path
from tidegate.jvm import java_class

# File systems of Hadoop for which MLflow has no store, or one that needs the native library.
SCHEMES = ("hdfs", "viewfs", "webhdfs", "swebhdfs", "ofs", "o3fs", "s3a", "s3n", "abfs", "wasb")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:(?://[^/]*)?)(.*)", flags=re.DOTALL)


def artifact_uri(folder: str) -> str:
    """Return a Hadoop folder as MLflow takes it: `#`, `?`, `%` and blanks of its path encoded."""
    place, path = _parts(folder)
    return place + quote(path)


class HadoopArtifactRepository(ArtifactRepository):
    """The artifacts below one URI; MLflow makes one for each run that it reads or writes."""

    def __init__(self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        super().__init__(artifact_uri, tracking_uri, registry_uri)
        place, path = _parts(artifact_uri)
        self._root = (place + unquote(path)).rstrip("/")

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Upload a file into a folder below the root."""
        with self._opened("writing to", artifact_path) as (spark, folder, file_system):
            _upload(spark, file_system, local_file, hadoop_path(spark, folder, os.path.basename(local_file)))

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        """Upload what a folder holds, folders in it included, into a folder below the root."""
        with self._opened("writing to", artifact_path) as (spark, folder, file_system):
            for local_folder, _, files in os.walk(local_dir):
                within = os.path.relpath(local_folder, local_dir)
                target = folder if within == "." else hadoop_path(spark, folder, within)
                file_system.mkdirs(target)
                for name in files:
                    _upload(spark, file_system, os.path.join(local_folder, name), hadoop_path(spark, target, name))

    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        """Return files and folders directly in a folder below the root, by name; none for a file or what is not there."""
        with self._opened("listing", path) as (_, folder, file_system):
            if not file_system.exists(folder) or file_system.getFileStatus(folder).isFile():
                return []
            found = [
                FileInfo(
                    posixpath.join(path or "", str(entry.getPath().getName())),
                    bool(entry.isDirectory()),
                    None if entry.isDirectory() else int(entry.getLen()),
                )
                for entry in file_system.listStatus(folder)
            ]
        return sorted(found, key=lambda entry: str(entry.path))

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        """Delete a file or a folder below the root, or all that is there."""
        with self._opened("deleting", artifact_path) as (_, path, file_system):
            file_system.delete(path, True)

    def _is_directory(self, artifact_path: str | None) -> bool:
        with self._opened("looking at", artifact_path) as (_, path, file_system):
            return bool(file_system.exists(path) and file_system.getFileStatus(path).isDirectory())

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        with self._opened("reading", remote_file_path) as (spark, path, file_system):
            # Written without a checksum file of Hadoop's own next to it.
            file_system.copyToLocalFile(False, path, _local(spark, local_path), True)

    @contextmanager
    def _opened(self, what: str, path: str | None) -> Iterator[tuple[SparkSession, Any, Any]]:
        """Give the session, Hadoop's path of a place below the root, and its file system."""
        place = posixpath.join(self._root, path) if path else self._root
        spark = _session(place)
        try:
            yield spark, *open_path(spark, place)
        except Py4JJavaError as error:
            raise MlflowException(f"{what} {place} failed: {error_text(error)}") from None


@contextmanager
def models_pass_through(scratch: str | None) -> Iterator[None]:
    """Let MLflow copy a Spark model from a scratch folder that is not in Hadoop's default file system.

    MLflow lets Spark write the model there and copies it to this machine, by the default file system, which refuses the path. By
    itself it would first let Spark write to the URI of the artifacts, whose encoded blanks Spark takes for letters of the path.
    """
    # By its name: what `mlflow.spark` gives first is a stand-in that loads the module.
    flavor: Any = import_module("mlflow.spark")
    mover = flavor._HadoopFileSystem
    if scratch is None or not _URI.match(scratch):
        yield
        return
    spark = _session(scratch)
    before = mover._filesystem, flavor._maybe_save_model
    mover._filesystem = file_system_of(spark, hadoop_path(spark, scratch))
    flavor._maybe_save_model = _never_saved
    try:
        yield
    finally:
        mover._filesystem, flavor._maybe_save_model = before


def _never_saved(*_: object) -> bool:
    return False


def _upload(spark: SparkSession, file_system: Any, local_file: str, target: Any) -> None:  # noqa: ANN401  # Hadoop's own classes
    file_system.copyFromLocalFile(False, True, _local(spark, local_file), target)


def _local(spark: SparkSession, file: str) -> Any:  # noqa: ANN401  # Hadoop's own class
    # By Java's own URI: in a text, Hadoop would take a colon for the end of a scheme.
    return hadoop_path(spark, java_class(spark, "java.io.File")(os.path.abspath(file)).toURI())


def _parts(uri: str) -> tuple[str, str]:
    found = _URI.fullmatch(uri)
    return (found.group(1), found.group(2)) if found else ("", uri)


def _session(place: str) -> SparkSession:
    # MLflow downloads in threads of its own, for which no session is the active one.
    spark = SparkSession.getActiveSession() or SparkSession._instantiatedSession
    if spark is None:
        raise MlflowException(
            f"{place} is reached through a Spark session, and none runs in this process; start one first, for example by "
            "tidegate.session.build_session."
        )
    return spark


def register_schemes() -> None:
    """Let MLflow keep artifacts by this module where it has no store of its own that works; a user's plug-in keeps its scheme."""
    registry: Any = _artifact_repository_registry
    known = registry.get_registered_artifact_repositories()
    for scheme in SCHEMES:
        if known.get(scheme) in (None, HdfsArtifactRepository):
            registry.register(scheme, HadoopArtifactRepository)


register_schemes()
