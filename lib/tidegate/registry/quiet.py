"""Settings that MLflow reads when it is imported: no telemetry, no progress bars, no calls of git, few retries."""

import logging
import os

_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    # By default, MLflow retries for four minutes if the server does not answer.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "4",
    "GIT_PYTHON_REFRESH": "quiet",
}


def silence() -> None:
    """Apply the settings that the user has not set, and keep progress lines of MLflow and of its migrations out of the log."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    for logger in ("mlflow", "alembic", "py4j.clientserver"):
        logging.getLogger(logger).setLevel(logging.ERROR)


silence()
