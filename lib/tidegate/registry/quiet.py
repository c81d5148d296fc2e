"""Settings that MLflow reads when it is imported: no telemetry, no progress bars, no call of git, few repeated requests."""

import logging
import os

_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    # A server that is not there is asked for four minutes by default.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "4",
    "GIT_PYTHON_REFRESH": "quiet",
}


def silence() -> None:
    """Set what the user has not set, and keep MLflow's and its database migrations' progress lines out of the log."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    for logger in ("mlflow", "alembic", "py4j.clientserver"):
        logging.getLogger(logger).setLevel(logging.ERROR)


silence()
