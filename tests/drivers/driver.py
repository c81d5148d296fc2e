"""A driver as a process of its own: it does what the lines on its standard input say, and answers each with a line."""

import json
import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.drivers.batches import write_batch
from tests.quick_jvm import QUICK_JVM

from tidegate import FeatureStore
from tidegate.session import JVM_OPTIONS, build_session, driver_settings
from tidegate.tables.commits import commit
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.internals.own_log import scala_list
from tidegate.tables.internals.own_transaction import begin, write_operation
from tidegate.tables.write import append_rows

SETTINGS = {
    "spark.master": "local[1]",
    "spark.driver.memory": "512m",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.catalogImplementation": "in-memory",
}


def session(failpoint: str, flag: str) -> SparkSession:
    # Four of them start at once on two cores.
    settings = {**SETTINGS, JVM_OPTIONS: QUICK_JVM}
    if failpoint:
        jars = "spark.driver.extraClassPath"
        settings[jars] = ":".join(filter(None, (driver_settings().get(jars), failpoint)))
        settings["spark.hadoop.fs.AbstractFileSystem.file.impl"] = "tidegate.testing.PausingLocalFs"
        settings["spark.hadoop.tidegate.pause.flag"] = flag
    return build_session("driver", settings)


def create(spark: SparkSession, request: dict[str, Any]) -> dict[str, Any]:
    return {"created": create_table(spark, request["table"], TableShape(spark.range(1).withColumn("worker", F.lit("")).schema))}


def append(spark: SparkSession, request: dict[str, Any]) -> dict[str, Any]:
    """Append one row a commit."""

    def one(number: int) -> None:
        append_rows(spark.range(number, number + 1, 1, 1).withColumn("worker", F.lit(request["worker"])), request["table"])

    return acknowledged(request, one)


def mark(spark: SparkSession, request: dict[str, Any]) -> dict[str, Any]:
    """Commit versions without files, which need no Spark job: drivers that do nothing else meet at the log all the time."""
    jvm: Any = spark.sparkContext._jvm
    delta, nothing = jvm.org.apache.spark.sql.delta, jvm.scala.Option.empty()
    # Not a manual update: after these Delta derives no checksum from the last one, but replays the log.
    operation = write_operation(spark, "Append", Commit())

    def one(number: int) -> None:
        def commit_mark() -> None:
            transaction = begin(spark, request["table"]).handle
            token = delta.actions.SetTransaction(request["worker"], number, nothing)
            transaction.commit(scala_list(spark, [token]), operation)

        commit.committed(spark, request["table"], commit_mark)

    return acknowledged(request, one)


def acknowledged(request: dict[str, Any], commit_one: Callable[[int], None]) -> dict[str, Any]:
    """Commit one number after the other, and write each down once the library said that its commit was made."""
    worker, first = request["worker"], request.get("first", 0)
    with Path(request["acknowledged"]).open("a") as written:
        for number in range(first, first + request["count"]):
            commit_one(number)
            written.write(f"{worker} {number} {time.monotonic():.3f}\n")
            written.flush()
    return {"committed": request["count"]}


def without_lock(spark: SparkSession, request: dict[str, Any]) -> dict[str, Any]:
    """What would happen if the library did not lock: only here, for the test that shows what the lock is for."""
    commit.exclusive = lambda *_: nullcontext()  # type: ignore[assignment]
    return {}


def with_lock(spark: SparkSession, request: dict[str, Any]) -> dict[str, Any]:
    commit.exclusive = LOCKED
    return {}


LOCKED = commit.exclusive


def write(spark: SparkSession, request: dict[str, Any]) -> dict[str, Any]:
    """Write batches of the sequence `first` to `last` into the group under a root."""
    store = FeatureStore(spark, request["root"])
    for number in range(request["first"], request["last"] + 1):
        write_batch(store, spark, number)
    return {"written": request["last"]}


REQUESTS: dict[str, Callable[[SparkSession, dict[str, Any]], dict[str, Any]]] = {
    "create": create,
    "append": append,
    "mark": mark,
    "without_lock": without_lock,
    "with_lock": with_lock,
    "write": write,
}


def main() -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    logging.getLogger("py4j").setLevel(logging.WARNING)
    spark = session(*sys.argv[1:3])
    spark.sparkContext.setLogLevel("ERROR")
    jvm = spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()  # type: ignore[union-attr]
    print(json.dumps({"python": os.getpid(), "jvm": jvm}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = REQUESTS[request["do"]](spark, request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
