"""Runs and registered models in MLflow; the only importer of it."""

from tidegate.registry import quiet  # isort: skip - before MLflow is imported
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
