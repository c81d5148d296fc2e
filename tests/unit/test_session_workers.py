"""Python workers of queries come from a process that has imported tidegate; other workers from Spark's own."""

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession
from tests.conftest import CHECKOUT


def command_of(process: int) -> list[str]:
    return Path(f"/proc/{process}/cmdline").read_text().split("\0")[1:-1]


def test_workers_of_a_query_are_forked_from_one_thread_and_draw_numbers_of_their_own(spark: SparkSession) -> None:
    def worker(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            imported = "tidegate.feature_store" in sys.modules
            seen = f"{os.getppid()} {imported} {os.getpid()} {np.random.random()}"
            yield pa.RecordBatch.from_pydict({"seen": [*batch["seen"].to_pylist(), seen]})

    # Of two functions, one after the other, each needs a worker of its own at the same time.
    rows = spark.range(1).selectExpr("'none' AS seen").mapInArrow(worker, "seen string").mapInArrow(worker, "seen string")
    _, first, second = (row.seen.split() for row in rows.collect())
    daemon, *_ = first
    assert (first[:2], second[:2]) == ([daemon, "True"], [daemon, "True"])
    assert command_of(int(daemon)) == ["-m", "tidegate_daemon", "pyspark.worker"]
    assert len(list(Path(f"/proc/{daemon}/task").iterdir())) == 1
    assert first[2] != second[2]
    assert first[3] != second[3]


def test_workers_of_an_rdd_are_forked_by_sparks_own_daemon(spark: SparkSession) -> None:
    [daemon] = spark.sparkContext.parallelize([1], 1).map(lambda _: os.getppid()).collect()
    assert command_of(daemon) == ["-m", "pyspark.daemon", "pyspark.worker"]


def test_sparks_own_daemon_takes_over_where_an_import_has_started_a_thread() -> None:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "lib"), "SPARK_SIMPLIFIED_TRACEBACK": "1"}
    # With this setting libarrow starts a thread.
    environment["JE_ARROW_MALLOC_CONF"] = "background_thread:true"
    command = [sys.executable, "-m", "tidegate_daemon", "pyspark.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        [port] = struct.unpack("!i", process.stdout.read(4))
        assert 0 < port < 65_536
        assert command_of(process.pid) == ["-m", "pyspark.daemon", "pyspark.worker"]
