"""MLflow artifacts on Hadoop file systems, read and written through the JVM of the Spark session.

MLflow's own repository for `hdfs:` needs Hadoop's native library, which can't be installed from a package registry.
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

# Schemes of Hadoop file systems for which MLflow has no artifact repository, or one that needs the native library.
SCHEMES = ("hdfs", "viewfs", "webhdfs", "swebhdfs", "ofs", "o3fs", "s3a", "s3n", "abfs", "wasb")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:(?://[^/]*)?)(.*)", flags=re.DOTALL)


def artifact_uri(folder: str) -> str:
    """Return the URI of a Hadoop folder for MLflow, with `#`, `?`, `%` and blanks in its path encoded."""
    place, path = _parts(folder)
    return place + quote(path)


class HadoopArtifactRepository(ArtifactRepository):
    """The artifacts below one URI. MLflow creates an instance for each run that it reads or writes.

    Every method raises MlflowException if Hadoop refuses, or if no Spark session runs in this process.
    """

    def __init__(self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        super().__init__(artifact_uri, tracking_uri, registry_uri)
        place, path = _parts(artifact_uri)
        self._root = (place + unquote(path)).rstrip("/")

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Upload a file into a folder below the artifact root."""
        with self._opened("writing to", artifact_path) as (spark, folder, file_system):
            _upload(spark, file_system, local_file, hadoop_path(spark, folder, os.path.basename(local_file)))

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        """Upload the content of a folder, including its subfolders, into a folder below the artifact root."""
        with self._opened("writing to", artifact_path) as (spark, folder, file_system):
            for local_folder, _, files in os.walk(local_dir):
                within = os.path.relpath(local_folder, local_dir)
                target = folder if within == "." else hadoop_path(spark, folder, within)
                file_system.mkdirs(target)
                for name in files:
                    _upload(spark, file_system, os.path.join(local_folder, name), hadoop_path(spark, target, name))

    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        """Return the files and folders directly in a folder below the artifact root, sorted by name.

        The list is empty if the path is a file or does not exist.
        """
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
        """Delete a file or folder below the artifact root; without a path, delete everything."""
        with self._opened("deleting", artifact_path) as (_, path, file_system):
            file_system.delete(path, True)

    def _is_directory(self, artifact_path: str | None) -> bool:
        with self._opened("looking at", artifact_path) as (_, path, file_system):
            return bool(file_system.exists(path) and file_system.getFileStatus(path).isDirectory())

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        with self._opened("reading", remote_file_path) as (spark, path, file_system):
            # The last argument keeps Hadoop from writing a checksum file next to it.
            file_system.copyToLocalFile(False, path, _local(spark, local_path), True)

    @contextmanager
    def _opened(self, what: str, path: str | None) -> Iterator[tuple[SparkSession, Any, Any]]:
        """Yield the session, the Hadoop path of a place below the artifact root, and its file system."""
        place = posixpath.join(self._root, path) if path else self._root
        spark = _session(place)
        try:
            yield spark, *open_path(spark, place)
        except Py4JJavaError as error:
            raise MlflowException(f"{what} {place} failed: {error_text(error)}") from None


@contextmanager
def models_pass_through(scratch: str | None) -> Iterator[None]:
    """Let MLflow copy a Spark model from a scratch folder that is not on Hadoop's default file system.

    MLflow tells Spark to write the model to the scratch folder and then copies it to this machine, but it does so through the
    default file system, which refuses the path. This context replaces that file system. It also keeps MLflow from first telling
    Spark to write directly to the artifact URI, because Spark would not decode the encoded blanks in it.

    Args:
        scratch: The scratch folder. Nothing is replaced for None or for a path without a scheme.
    """
    # Imported by name, because the attribute `mlflow.spark` is a lazy loader at first.
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
    # Converted by Java's File: given a string, Hadoop would take a colon for the end of a scheme.
    return hadoop_path(spark, java_class(spark, "java.io.File")(os.path.abspath(file)).toURI())


def _parts(uri: str) -> tuple[str, str]:
    found = _URI.fullmatch(uri)
    return (found.group(1), found.group(2)) if found else ("", uri)


def _session(place: str) -> SparkSession:
    # MLflow downloads in threads of its own, which have no active session.
    spark = SparkSession.getActiveSession() or SparkSession._instantiatedSession
    if spark is None:
        raise MlflowException(
            f"{place} is reached through a Spark session, and none runs in this process; start one first, for example with "
            "tidegate.session.build_session."
        )
    return spark


def register_schemes() -> None:
    """Register this module with MLflow for the schemes that it does not support itself, or only with the native library.

    If a user's plug-in has registered a scheme, it stays in place.
    """
    registry: Any = _artifact_repository_registry
    known = registry.get_registered_artifact_repositories()
    for scheme in SCHEMES:
        if known.get(scheme) in (None, HdfsArtifactRepository):
            registry.register(scheme, HadoopArtifactRepository)


register_schemes()
