"""Where a root's MLflow is, and how it is opened."""

import logging
import os
from pathlib import Path

from tidegate.code_version import home
from tidegate.hadoop import local_path
from tidegate.registry.database import database_uri
from tidegate.registry.hadoop_artifacts import artifact_uri
from tidegate.registry.moved_root import follow_root
from tidegate.registry.registry import TRACKING_VARIABLE, Registry

LOG = logging.getLogger("tidegate")


def open_registry(root: str, tracking_uri: str | None = None, artifact_root: str | None = None) -> Registry:
    """Connect to the MLflow of a root.

    Args:
        root: The root, as an opened store names it.
        tracking_uri: The configured URI; None: MLFLOW_TRACKING_URI, else a database file under a local root.
        artifact_root: The configured folder of the artifacts; None: a folder under the root, if the database is there.

    Raises:
        RegistryError: MLflow can't be reached or opened.
    """
    uri, artifacts = registry_location(root, tracking_uri, artifact_root)
    follow_moved_root(root, uri, artifacts)
    # By default MLflow uses one temporary folder for all users of a machine, and only its first user can write to it.
    scratch = None if "MLFLOW_DFS_TMP" in os.environ else f"{root.rstrip('/')}/mlflow/scratch"
    return Registry(uri, artifacts, scratch)


def registry_location(root: str, tracking_uri: str | None, artifact_root: str | None) -> tuple[str, str | None]:
    """Return MLflow's tracking URI and the folder of its artifacts; None where MLflow's own default applies.

    The default is a sqlite database and a folder under the root. sqlite needs a local file. If the root is not local, the
    database is in `mlflow/` of the checkout, with a warning in the log; the artifacts are still stored under the root.
    """
    named = tracking_uri or os.environ.get(TRACKING_VARIABLE)
    if named:
        return named, artifact_root
    local = local_path(root)
    if local is not None:
        return own_database(local), artifact_root or (local / "mlflow" / "artifacts").as_uri()
    database = home() / "mlflow" / "mlflow.db"
    LOG.warning("MLflow's database is %s: sqlite can't store it under %s; set MLFLOW_TRACKING_URI to share one", database, root)
    return database_uri(database), artifact_root or artifact_uri(f"{root.rstrip('/')}/mlflow/artifacts")


def follow_moved_root(root: str, uri: str, artifacts: str | None) -> None:
    """If a local root was moved or copied, change the paths of the artifacts in its MLflow database to the new place."""
    local = local_path(root)
    if local is None or artifacts is None or uri != own_database(local):
        return
    former = follow_root(local / "mlflow" / "mlflow.db", artifacts)
    if former:
        LOG.info("the root was moved: MLflow's artifacts are now under %s, no longer under %s", artifacts, ", ".join(former))


def own_database(local: Path) -> str:
    """Return the tracking URI of the MLflow database under a local root."""
    return database_uri(local / "mlflow" / "mlflow.db")
