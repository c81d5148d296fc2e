"""MLflow as the model registry: runs, model versions, and the alias that marks the champion of a model."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LifecycleStage
from mlflow.entities.model_registry import ModelVersion as MlflowVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, RESOURCE_DOES_NOT_EXIST, ErrorCode

from tidegate.errors import CorruptScorerError, DeletedExperimentError, NoChampionError, UnknownModelVersionError
from tidegate.registry.abandoned_runs import DRIVER_TAG, end_abandoned_runs, this_driver
from tidegate.registry.database import alone, with_patience
from tidegate.registry.model_version import ModelVersion
from tidegate.registry.reported import mlflow_errors, reported, shown_uri
from tidegate.registry.run_log import SCORER_FOLDER, SCORER_TAG, RunLog
from tidegate.scorers.loading import SCORER_FILE
from tidegate.scorers.portable_scorer import digest_of

CHAMPION = "champion"
TRACKING_VARIABLE = "MLFLOW_TRACKING_URI"


class Registry:
    """One MLflow tracking store and its artifacts.

    Args:
        tracking_uri: The URI of the store, such as `sqlite:////data/mlflow/mlflow.db`, or the address of a server.
        artifact_root: Folder or URI for the artifacts of new experiments. None lets the tracking server decide.
        scratch: Folder that the driver and all executors can write to, for models that are being logged. None takes MLflow's
            default.

    Raises:
        RegistryError: The store can't be reached or opened. Every method raises it too if MLflow fails.
    """

    def __init__(self, tracking_uri: str, artifact_root: str | None = None, scratch: str | None = None) -> None:
        self.tracking_uri = with_patience(tracking_uri)
        self._artifact_root = artifact_root
        self._scratch = scratch
        with mlflow_errors(self.tracking_uri, "opening it"):
            _use(self.tracking_uri)
            with alone(tracking_uri):
                # Creates the tables of a new database, and shows whether the store answers before an hour of training.
                self._client = MlflowClient(self.tracking_uri, self.tracking_uri)
                self._client.search_experiments(max_results=1)
                self._client.search_registered_models(max_results=1)

    @contextmanager
    def run(self, experiment: str, name: str | None = None) -> Iterator[RunLog]:
        """Open a run, which ends as FINISHED, or as FAILED if the block raises.

        Earlier runs of the experiment whose driver was killed on this host are marked as KILLED.

        Args:
            experiment: Name of the experiment, which is created if it does not exist.
            name: Name of the run; None lets MLflow choose one.

        Raises:
            DeletedExperimentError: The experiment was deleted in MLflow.
        """
        # mlflow.start_run is not used, because it calls git and logs the user's name and the path of the program.
        _use(self.tracking_uri)
        experiment_id = self._experiment_id(experiment)
        with mlflow_errors(self.tracking_uri, f"beginning a run of experiment {experiment!r}"):
            end_abandoned_runs(self._client, experiment_id)
            run_id = self._client.create_run(experiment_id, run_name=name, tags={DRIVER_TAG: this_driver()}).info.run_id
        try:
            yield RunLog(self._client, run_id, self._scratch)
        except BaseException:
            self._client.set_terminated(run_id, "FAILED")
            raise
        self._client.set_terminated(run_id, "FINISHED")

    @reported
    def register(self, model: str, run: RunLog, model_uri: str, lineage: Mapping[str, str]) -> ModelVersion:
        """Register a logged model as the next version of a registered model.

        Args:
            model: Name of the registered model, which is created if it does not exist.
            run: The run that logged the model and its scorer.
            model_uri: The URI that `RunLog.log_spark_model` returned.
            lineage: Tags of the new version.
        """
        if self._registered(model) is None:
            with _made_by_another():
                self._client.create_registered_model(model)
        scorer = self._client.get_run(run.run_id).data.tags[SCORER_TAG]
        created = self._client.create_model_version(model, model_uri, run_id=run.run_id, tags={**lineage, SCORER_TAG: scorer})
        return _model_version(created)

    @reported
    def promote(self, version: ModelVersion) -> None:
        """Make a version the champion of its model."""
        self._client.set_registered_model_alias(version.name, CHAMPION, str(version.version))

    @reported
    def champion(self, model: str) -> ModelVersion | None:
        """Return the champion of a model, or None if it has none."""
        aliases = self._registered(model) or {}
        return self.version(model, int(aliases[CHAMPION])) if CHAMPION in aliases else None

    @reported
    def require_champion(self, model: str) -> ModelVersion:
        """Return the champion of a model.

        Raises:
            NoChampionError: No version of the model is the champion.
        """
        found = self.champion(model)
        if found is None:
            raise NoChampionError(model, [known.name for known in self._client.search_registered_models()])
        return found

    @reported
    def demote(self, model: str) -> None:
        """Leave a model without a champion."""
        self._client.delete_registered_model_alias(model, CHAMPION)

    @reported
    def champion_number(self, model: str) -> int | None:
        """Return the number of the champion's version, or None if the model has none."""
        number = (self._registered(model) or {}).get(CHAMPION)
        return None if number is None else int(number)

    @reported
    def version(self, model: str, version: int) -> ModelVersion:
        """Return one registered version."""
        return _model_version(self._client.get_model_version(model, str(version)))

    @reported
    def find_version(self, model: str, version: int) -> ModelVersion:
        """Return one registered version of a model that may not have it.

        Raises:
            UnknownModelVersionError: The model has no such version.
        """
        try:
            return _model_version(self._client.get_model_version(model, str(version)))
        except MlflowException as error:
            if error.error_code != ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                raise
        known = self._client.search_model_versions(f"name = '{model}'")
        raise UnknownModelVersionError(model, version, [int(each.version) for each in known])

    @reported
    def test_metrics(self, version: ModelVersion) -> dict[str, dict[str, float]]:
        """Return the metrics that the run of a version measured on its test rows, by model and then by metric.

        The naive prediction is called `naive`, also in runs of older versions of tidegate, which called it `base_rate`.
        """
        found: dict[str, dict[str, float]] = {}
        for name, value in self._client.get_run(version.run_id).data.metrics.items():
            split, _, rest = name.partition(".")
            model, _, measure = rest.partition(".")
            if split == "test" and measure and model not in ("loss_difference", "log_loss_difference"):
                found.setdefault("naive" if model == "base_rate" else model, {})[measure] = value
        return found

    @reported
    def scorer(self, version: ModelVersion) -> bytes:
        """Return the portable scorer of a version.

        Raises:
            CorruptScorerError: The scorer is missing, or its SHA-256 is not the registered one.
        """
        path = f"{SCORER_FOLDER}/{SCORER_FILE}"
        with TemporaryDirectory() as temporary:
            try:
                content = Path(self._client.download_artifacts(version.run_id, path, temporary)).read_bytes()
            except (MlflowException, OSError) as error:
                raise CorruptScorerError(f"{path} of {version.name} version {version.version} can't be read") from error
        if digest_of(content) != version.scorer_sha256:
            raise CorruptScorerError(
                f"{path} of {version.name} version {version.version} has sha256 {digest_of(content)}, but the registered one is "
                f"{version.scorer_sha256 or 'none'}"
            )
        return content

    @reported
    def _experiment_id(self, name: str) -> str:
        location = None if self._artifact_root is None else f"{self._artifact_root.rstrip('/')}/{name}"
        found = self._client.get_experiment_by_name(name)
        if found is None:
            with _made_by_another():
                return str(self._client.create_experiment(name, artifact_location=location))
            found = self._client.get_experiment_by_name(name)
        if found.lifecycle_stage != LifecycleStage.ACTIVE:
            raise DeletedExperimentError(shown_uri(self.tracking_uri), name, found.experiment_id)
        return str(found.experiment_id)

    def _registered(self, model: str) -> dict[str, str] | None:
        """Return the aliases of a registered model, or None if there is no such model."""
        try:
            return dict(self._client.get_registered_model(model).aliases)
        except MlflowException as error:
            if error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST):
                return None
            raise


@contextmanager
def _made_by_another() -> Iterator[None]:
    """Ignore that another training run created the same thing since this one looked for it."""
    try:
        yield
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
            raise


def _model_version(found: MlflowVersion) -> ModelVersion:
    lineage = {name: value for name, value in found.tags.items() if name != SCORER_TAG}
    return ModelVersion(
        name=found.name,
        version=int(found.version),
        run_id=found.run_id or "",
        scorer_sha256=found.tags.get(SCORER_TAG, ""),
        lineage=lineage,
    )


def _use(tracking_uri: str) -> None:
    """Point MLflow's module-level functions at a store, and leave the environment as it was.

    MLflow also sets the variable MLFLOW_TRACKING_URI. Left set, it would look like a choice of the user to the next store that
    is opened in this process or in a program that it starts.
    """
    named = os.environ.get(TRACKING_VARIABLE)
    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_registry_uri(tracking_uri)
    if named is None:
        os.environ.pop(TRACKING_VARIABLE, None)
    else:
        os.environ[TRACKING_VARIABLE] = named
