"""Close MLflow runs that were left open because their driver was killed."""

import os
import socket

from mlflow import MlflowClient
from mlflow.entities import RunStatus

DRIVER_TAG = "tidegate.driver"


def this_driver() -> str:
    """Return the host and process id of this driver, with which its runs are tagged."""
    return f"{socket.gethostname()}:{os.getpid()}"


def end_abandoned_runs(client: MlflowClient, experiment_id: str) -> list[str]:
    """Mark the open runs of an experiment as KILLED if their driver ran on this host and has ended; return their ids.

    Runs of other hosts are not changed, because this host can't see whether their drivers are alive.
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
