"""MLflow runs whose driver is gone: killed, they could not say how they ended."""

import os
import socket

from mlflow import MlflowClient
from mlflow.entities import RunStatus

DRIVER_TAG = "tidegate.driver"


def this_driver() -> str:
    """Return what a run is tagged with: the host and the process that writes it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def end_abandoned_runs(client: MlflowClient, experiment_id: str) -> list[str]:
    """Mark as KILLED the runs of an experiment that a driver of this host left open; return their ids.

    Runs of other hosts are left alone: whether their drivers live can't be seen from here.
    """
    still_open = client.search_runs([experiment_id], "attributes.status = 'RUNNING'")
    abandoned = [run.info.run_id for run in still_open if _is_gone(run.data.tags.get(DRIVER_TAG, ""))]
    for run_id in abandoned:
        client.set_terminated(run_id, RunStatus.to_string(RunStatus.KILLED))
    return abandoned


def _is_gone(driver: str) -> bool:
    host, _, process = driver.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
