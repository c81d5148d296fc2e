"""Write the results of one training run to MLflow."""

import json
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
import mlflow.spark
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.models import ModelSignature
from pyspark.ml import PipelineModel

from tidegate.registry.hadoop_artifacts import models_pass_through
from tidegate.registry.reported import reported
from tidegate.scorers.loading import SCORER_FILE

SCORER_FOLDER = "scorer"
SCORER_TAG = "scorer_sha256"
MODEL = "model"


@dataclass(frozen=True)
class RunLog:
    """Writes to one open MLflow run. It never writes rows of data.

    Attributes:
        client: The MLflow client.
        run_id: Id of the run.
        scratch: Folder for models that are being logged; None takes MLflow's default.
    """

    client: MlflowClient
    run_id: str
    scratch: str | None

    @property
    def tracking_uri(self) -> str:
        """The tracking URI of the run's store."""
        return str(self.client.tracking_uri)

    @reported
    def log_values(
        self,
        parameters: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Log parameters, metrics and tags in one request. Metrics that are not finite are left out."""
        finite = {name: value for name, value in (metrics or {}).items() if math.isfinite(value)}
        self.client.log_batch(
            self.run_id,
            metrics=[Metric(name, value, 0, 0) for name, value in finite.items()],
            params=[Param(name, str(value)) for name, value in (parameters or {}).items()],
            tags=[RunTag(name, str(value)) for name, value in (tags or {}).items()],
        )

    @reported
    def log_json(self, path: str, content: object) -> None:
        """Log an object as a JSON file among the run's artifacts."""
        self.client.log_text(self.run_id, json.dumps(content, indent=2, sort_keys=True, allow_nan=False), path)

    @reported
    def log_file(self, folder: str, name: str, content: bytes) -> None:
        """Log bytes, such as a PNG, as one file among the run's artifacts."""
        with TemporaryDirectory() as temporary:
            file = Path(temporary) / name
            file.write_bytes(content)
            self.client.log_artifact(self.run_id, str(file), folder)

    @property
    def scorer_uri(self) -> str:
        """The URI of the portable scorer's folder among the run's artifacts."""
        return f"runs:/{self.run_id}/{SCORER_FOLDER}"

    def log_scorer(self, content: bytes, sha256: str) -> None:
        """Log a portable scorer, and its SHA-256 as a tag of the run."""
        self.log_file(SCORER_FOLDER, SCORER_FILE, content)
        self.log_values(tags={SCORER_TAG: sha256})

    @reported
    def log_spark_model(self, model: PipelineModel, signature: ModelSignature, requirements: Sequence[str]) -> str:
        """Log a fitted pipeline and return the URI of its folder.

        Args:
            model: The pipeline, which Spark writes.
            signature: Names and types of the inputs. It is given so that MLflow reads no rows.
            requirements: Packages with versions. They are given so that MLflow starts no process to infer them.
        """
        # log_model has no argument for the run, so the run must be active. The ignored warning is about MLflow's own type hints.
        active = mlflow.start_run(run_id=self.run_id, log_system_metrics=False)
        with active, models_pass_through(self.scratch), warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*Any type hint is inferred", UserWarning)
            mlflow.spark.log_model(
                model,
                artifact_path=MODEL,
                signature=signature,
                pip_requirements=list(requirements),
                dfs_tmpdir=self.scratch,
            )
        return f"{self.client.get_run(self.run_id).info.artifact_uri}/{MODEL}"
