"""Runs and registered models in MLflow. No other package imports `mlflow`."""

from tidegate.registry import quiet  # isort: skip - must come before anything that imports MLflow
from tidegate.registry.hadoop_artifacts import HadoopArtifactRepository
from tidegate.registry.model_signature import model_signature
from tidegate.registry.model_version import ESTIMATOR_TAG, REASON_TAG, ModelVersion
from tidegate.registry.registry import CHAMPION, Registry
from tidegate.registry.run_log import RunLog

__all__ = [
    "CHAMPION",
    "ESTIMATOR_TAG",
    "REASON_TAG",
    "HadoopArtifactRepository",
    "ModelVersion",
    "Registry",
    "RunLog",
    "model_signature",
    "quiet",
]
