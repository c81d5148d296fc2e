"""The memory of the Python workers of a Spark session on this machine."""

from pathlib import Path

import psutil
from pyspark.sql import SparkSession


def _workers(spark: SparkSession) -> list[int]:
    """Return the ids of the Python workers. The driver's Python and its own children are none of them."""
    jvm = spark._jvm
    if jvm is None:
        raise RuntimeError("the session has no JVM of its own; start it with spark-submit.sh or in this process")
    me = psutil.Process()
    mine = {me.pid, *(each.pid for each in me.children(recursive=True))}
    java = psutil.Process(int(jvm.java.lang.ProcessHandle.current().pid()))
    started = [each for each in java.children(recursive=True) if "python" in each.name()]
    return [each.pid for each in started if java.pid in mine or each.pid not in mine]


def forget_worker_peaks(spark: SparkSession) -> None:
    """Let the largest resident sizes of the workers begin at their present sizes."""
    for pid in _workers(spark):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def worker_peak(spark: SparkSession) -> float:
    """Return the largest resident size of a worker in GiB, since it started or since `forget_worker_peaks`."""
    statuses = [Path(f"/proc/{pid}/status").read_text().splitlines() for pid in _workers(spark)]
    peaks = [int(line.split()[1]) for status in statuses for line in status if line.startswith("VmHWM")]
    return max(peaks, default=0) / 2**20
