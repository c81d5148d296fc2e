"""One Spark session a process, cleaned after every test that used it."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession
from tests.quick_jvm import LATE_OPTIMISER, QUICK_START, WITHOUT_ORIGIN

from tidegate.hadoop import configuration
from tidegate.session import JVM_OPTIONS, build_session, read_properties

CHECKOUT = Path(__file__).resolve().parent.parent

# What takes longest, first: two workers that take file after file then end at about the same time. The two-week run is made
# by the first of them while the other does what doesn't need it.
LONG_FILES = (
    "jobs/test_run_system.py",
    "integration/",
    "unit/training/",
    "jobs/test_cluster.py",
    "jobs/test_next_day.py",
    "jobs/test_forget.py",
    "jobs/",
    "properties/",
    "unit/feature_groups/",
)

# Under pytest-xdist the main program has no file, which pyspark takes for a doctest of its own and leaves the process.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__

# Before the JVM starts: driver, JVM and Python workers count in UTC, whatever the machine does.
os.environ["TZ"] = "UTC"
time.tzset()
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")


@pytest.fixture(scope="session")
def spark_of_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The one session of this process, with the settings of `conf/spark/local.conf`."""
    warehouse = tmp_path_factory.mktemp("warehouse")
    settings = {
        **read_properties(CHECKOUT / "conf" / "spark" / "local.conf"),
        "spark.master": "local[2]",
        "spark.driver.memory": "2g",
        # The largest single gain in a suite of small frames.
        "spark.sql.shuffle.partitions": "2",
        # One task replays the log of a table, and two look for files to vacuum: no table has more than a few.
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
        "spark.sql.warehouse.dir": warehouse.as_uri(),
        "spark.sql.catalogImplementation": "in-memory",
    }
    if os.environ.get("TIDEGATE_COMPILED") != "1":
        settings |= quick_for_few_rows() | WITHOUT_ORIGIN
        settings[JVM_OPTIONS] += f" {LATE_OPTIMISER} {QUICK_START}"
    session = build_session("tests", settings)
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def quick_for_few_rows() -> dict[str, str]:
    """Settings that compile little: to compile code for a few rows takes longer than to run it. `make evidence` compiles it.

    The JVM has both of its compilers, and the optimising one waits longer than by default (CONTRIBUTING.md).
    """
    short_runs: dict[str, str] = yaml.safe_load((CHECKOUT / "conf" / "base.yml").read_text())["short_runs"]["spark"]
    return short_runs


@pytest.fixture(scope="session")
def settings_of_process(spark_of_process: SparkSession) -> tuple[dict[str, str], int]:
    """The settings that every test finds, and a hash of them: to read them all takes longer than many a test."""
    return dict(spark_of_process.conf.getAll), _settings_hash(spark_of_process)


@pytest.fixture
def spark(spark_of_process: SparkSession, settings_of_process: tuple[dict[str, str], int]) -> Iterator[SparkSession]:
    """The session; what a test leaves behind in it (cached frames, views, tables, settings) is removed."""
    yield spark_of_process
    spark_of_process.catalog.clearCache()
    # By the JVM's own list: Spark's catalog API plans a query for it, after every test.
    if not _session_state(spark_of_process).catalog().listTables("default").isEmpty():
        for table in spark_of_process.catalog.listTables():
            if table.isTemporary:
                spark_of_process.catalog.dropTempView(table.name)
            else:
                spark_of_process.sql(f"DROP TABLE IF EXISTS `{table.name}`")
    before, hashed = settings_of_process
    if _settings_hash(spark_of_process) != hashed:
        _restore_settings(spark_of_process, before)


def _session_state(spark: SparkSession) -> Any:
    return spark._jsparkSession.sessionState()


def _settings_hash(spark: SparkSession) -> int:
    return int(_session_state(spark).conf().settings().hashCode())


@pytest.fixture
def hdfs_by_default(spark: SparkSession) -> Iterator[str]:
    """A session whose paths without a scheme lie on HDFS; nobody answers there, and nobody is asked."""
    settings = configuration(spark)
    before, hdfs = settings.get("fs.defaultFS"), "hdfs://127.0.0.1:1"
    settings.set("fs.defaultFS", hdfs)
    yield hdfs
    settings.set("fs.defaultFS", before)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of published data sets: TIDEGATE_DATA, else `shared/data` beside the checkout; no part of the project."""
    folder = Path(os.environ.get("TIDEGATE_DATA") or CHECKOUT.parent / "shared" / "data").resolve()
    if not folder.is_dir():
        pytest.skip(f"the published data sets are not here: {folder} is no folder; set TIDEGATE_DATA to theirs")
    return folder


def _restore_settings(spark: SparkSession, before: dict[str, str]) -> None:
    now = dict(spark.conf.getAll)
    for key in now.keys() - before.keys():
        spark.conf.unset(key)
    for key, value in before.items():
        if now.get(key) != value:
            spark.conf.set(key, value)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the files that take longest first; the order inside a file stays.

    With `--dist loadgroup` the tests that need Spark are one group, which comes first: one JVM, the other process takes the rest.
    """

    def place(item: pytest.Item) -> tuple[bool, int]:
        path = item.path.relative_to(CHECKOUT / "tests").as_posix()
        long = next((number for number, start in enumerate(LONG_FILES) if path.startswith(start)), len(LONG_FILES))
        return item.get_closest_marker("xdist_group") is None, long

    for item in items if config.getoption("loadgroup", False) else []:
        if "spark_of_process" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("spark"))
    items.sort(key=place)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Name the broken tests in the last lines, one each: a log that is cut to its end still says what failed."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    for report in (*reporter.stats.get("failed", ()), *reporter.stats.get("error", ())):
        crash = getattr(report.longrepr, "reprcrash", None)
        said = (crash.message if crash else report.longreprtext).strip().splitlines()
        reporter.write_line(f"{report.when} of {report.nodeid}: {said[0][:200] if said else 'no message'}")
        # An error of the JVM names its cause in a line of its own.
        for cause in [line for line in said[1:] if line.startswith((": ", "Caused by"))][:3]:
            reporter.write_line(f"    {cause[:300]}")
