"""Errors of the registry: what MLflow refuses, and what keeps it from answering."""

from tidegate.errors.base import TidegateError


class RegistryError(TidegateError):
    """MLflow did not do what was asked of it."""

    def __init__(self, uri: str, asked: str, reason: str, step: str) -> None:
        super().__init__(f"MLflow at {uri}: {asked} failed: {reason} {step}")


class DeletedExperimentError(TidegateError):
    """The experiment that runs go to was deleted by a person, and MLflow takes no run into it."""

    def __init__(self, uri: str, experiment: str, experiment_id: str) -> None:
        super().__init__(
            f"experiment {experiment!r} was deleted in MLflow at {uri}; its runs are still there, and no new run can be added. "
            f"Restore it: MLFLOW_TRACKING_URI='{uri}' mlflow experiments restore --experiment-id {experiment_id}\n"
            "To begin a new one instead, remove it for good with `mlflow gc`. Nothing was registered."
        )
