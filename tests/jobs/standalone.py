"""A real standalone cluster on this machine: a master and workers as processes, in folders of their own."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark
from tests.quick_jvm import QUICK_JVM

MASTER = "org.apache.spark.deploy.master.Master"
WORKER = "org.apache.spark.deploy.worker.Worker"
SECONDS_TO_START = 90


def bare_spark_home(folder: Path) -> Path:
    """Link Spark's programs and jars, and nothing of Python: pyspark has to come with the job's own archive."""
    home = folder / "spark"
    home.mkdir()
    for name in ("bin", "jars"):
        (home / name).symlink_to(Path(pyspark.__file__).parent / name)
    return home


@contextmanager
def daemon(spark_home: Path, folder: Path, *command: str) -> Iterator[Path]:
    """Run one of Spark's daemons in its folder with an almost empty environment; yield its log."""
    folder.mkdir()
    environment = {
        "PATH": "/usr/bin:/bin",
        "JAVA_HOME": os.environ.get("JAVA_HOME", ""),
        "HOME": str(folder),
        "SPARK_HOME": str(spark_home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": QUICK_JVM,
        "PYTHONPATH": "",
    }
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            # Ends with the test run, even with one that is killed.
            ["setpriv", "--pdeathsig", "TERM", str(spark_home / "bin" / "spark-class"), *command],
            cwd=folder,
            env={key: value for key, value in environment.items() if value or key == "PYTHONPATH"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield log
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)


def wait_for(log: Path, pattern: str, times: int = 1) -> str:
    """Wait until the log holds the pattern so many times; return its last match."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        found = re.findall(pattern, log.read_text(errors="replace"))
        if len(found) >= times:
            return str(found[-1])
        time.sleep(0.2)
    raise TimeoutError(f"{pattern!r} is not in the log after {SECONDS_TO_START} s:\n{log.read_text(errors='replace')[-2000:]}")


@contextmanager
def standalone_cluster(folder: Path, workers: int = 2) -> Iterator[str]:
    """Yield the address of a master that so many workers of one core have registered with."""
    home = bare_spark_home(folder)
    with ExitStack() as running:
        master_log = running.enter_context(
            daemon(home, folder / "master", MASTER, "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        )
        address = wait_for(master_log, r"Starting Spark master at (spark://\S+)")
        for number in range(workers):
            place = folder / f"worker_{number}"
            size = ["--cores", "1", "--memory", "1g", "--webui-port", "0", "--work-dir", str(place / "work")]
            running.enter_context(daemon(home, place, WORKER, *size, address))
        wait_for(master_log, r"Registering worker", times=workers)
        yield address
