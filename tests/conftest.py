"""One Spark session a process, cleaned after every test that used it."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pyspark.sql import SparkSession

from tidegate.session import build_session, read_properties

CHECKOUT = Path(__file__).resolve().parent.parent

# What takes longest, first: two workers that take file after file then end at about the same time. The two-week run is made
# by the first of them while the other does what doesn't need it.
LONG_FILES = (
    "jobs/test_run_system.py",
    "integration/",
    "unit/training/",
    "jobs/test_cluster.py",
    "jobs/test_crash.py",
    "jobs/test_next_day.py",
    "jobs/test_forget.py",
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
    # Compiling code for a few rows was a quarter of the suite's time. `make evidence` and jobs started by subprocess compile it.
    short = yaml.safe_load((CHECKOUT / "conf" / "base.yml").read_text())["short_runs"]["spark"]
    interpreted = {} if os.environ.get("TIDEGATE_COMPILED") == "1" else short
    settings = {
        **read_properties(CHECKOUT / "conf" / "spark" / "local.conf"),
        "spark.master": "local[2]",
        "spark.driver.memory": "2g",
        # The largest single gain in a suite of small frames.
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": warehouse.as_uri(),
        "spark.sql.catalogImplementation": "in-memory",
        **interpreted,
    }
    session = build_session("tests", settings)
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture
def spark(spark_of_process: SparkSession) -> Iterator[SparkSession]:
    """The session; what a test leaves behind in it (cached frames, views, tables, settings) is removed."""
    before = dict(spark_of_process.conf.getAll)
    yield spark_of_process
    spark_of_process.catalog.clearCache()
    for table in spark_of_process.catalog.listTables():
        if table.isTemporary:
            spark_of_process.catalog.dropTempView(table.name)
        else:
            spark_of_process.sql(f"DROP TABLE IF EXISTS `{table.name}`")
    _restore_settings(spark_of_process, before)


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first; the order inside a file stays."""

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(CHECKOUT / "tests").as_posix()
        return next((number for number, start in enumerate(LONG_FILES) if path.startswith(start)), len(LONG_FILES))

    items.sort(key=place)
