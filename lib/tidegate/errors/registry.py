"""Errors about MLflow, which is the model registry."""

from tidegate.errors.base import TidegateError


class RegistryError(TidegateError):
    """A request to MLflow failed."""

    def __init__(self, uri: str, asked: str, reason: str, step: str) -> None:
        super().__init__(f"MLflow at {uri}: {asked} failed: {reason} {step}")


class DeletedExperimentError(TidegateError):
    """Somebody deleted the experiment for the runs, so that MLflow adds no run to it."""

    def __init__(self, uri: str, experiment: str, experiment_id: str) -> None:
        super().__init__(
            f"experiment {experiment!r} was deleted in MLflow at {uri}; its runs still exist, but no new run can be added. "
            f"Restore it: MLFLOW_TRACKING_URI='{uri}' mlflow experiments restore --experiment-id {experiment_id}\n"
            "To start a new experiment instead, delete the old one for good with `mlflow gc`. Nothing was registered."
        )
