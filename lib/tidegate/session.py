"""Build the Spark session: with Delta, in UTC, and with all other settings from a properties file or the machine."""

import locale
import logging
import os
import shlex
import sys
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from tempfile import gettempdir

from pyspark.sql import SparkSession

from tidegate.machine import MEMORY, driver_settings_for, this_machine
from tidegate.nameless_user import log_in, nameless_options, user_name
from tidegate.spark_classic import require_no_connect

_LOG = logging.getLogger("tidegate")
DELTA_COORDINATE = "io.delta:delta-spark_4.2_2.13:4.4.0"
JVM_OPTIONS = "spark.driver.extraJavaOptions"
LIBRARY = str(Path(__file__).resolve().parents[1])

# Settings without which tidegate gives wrong results on any machine. Settings for size and speed are in conf/spark/*.conf.
REQUIRED = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.executorEnv.TZ": "UTC",
    # Spark's default, INT96, writes no statistics of times into the files, and other readers are three times slower with it.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # An erasure deletes old files at once, but Delta refuses a VACUUM with a retention below a week unless this is false.
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    # A flipped bit in a file would change a value. Spark writes checksums of the pages, but does not verify them by default.
    "spark.hadoop.parquet.page.verify-checksum.enabled": "true",
    # Nothing is stored there, but Spark creates this folder, by default in the current folder. Its name contains the user id,
    # since all users share the temporary folder of the machine.
    "spark.sql.warehouse.dir": (Path(gettempdir()) / f"tidegate-{os.geteuid()}-warehouse").as_uri(),
}


def build_session(app_name: str, properties: Mapping[str, str] | None = None) -> SparkSession:
    """Return the running Spark session, or start one.

    In a job that spark-submit.sh has started, the jars and the settings of `conf/spark` are already in place. In a plain Python
    process (tests, notebooks, the `tidegate` command) the jars come from the environment, or from Spark's package resolver if
    the environment has none. The memory and the number of partitions are chosen for the machine, unless `properties` or Spark's
    own files and variables give them.

    A new session also sets the time zone of this process to UTC, as spark-submit.sh does for its jobs. Spark returns collected
    timestamps to Python without a zone, in the zone of the process, and to pandas in the zone of the session; so both are UTC.

    Args:
        app_name: Name of the application in Spark's pages.
        properties: Spark settings, for example from `read_properties`; settings given to spark-submit have priority.

    Raises:
        SparkConnectError: The environment or the properties ask for a Spark Connect session.
    """
    require_no_connect(properties or {})
    running = SparkSession.getActiveSession()
    if running is not None:
        # Not getOrCreate: it would change the settings of the caller's session.
        return running
    _count_in_utc()
    settings = {**_joined(_environment(properties or {}), properties or {}), **REQUIRED}
    if (name := user_name()) is not None:
        log_in(name, settings)
    builder = SparkSession.builder.appName(app_name)
    for key, value in settings.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def _count_in_utc() -> None:
    before = time.tzname[0]
    os.environ["TZ"] = "UTC"
    # Windows has no tzset; there the process keeps its zone.
    if hasattr(time, "tzset"):
        time.tzset()
    if before != time.tzname[0]:
        _LOG.info(
            "the time zone of this process is now UTC (it was %s), so that timestamps collected by Spark are in UTC", before
        )


def _joined(environment: Mapping[str, str], properties: Mapping[str, str]) -> dict[str, str]:
    """Merge two sets of settings: JVM options of both are joined, and for any other key the properties have priority."""
    options = " ".join(settings[JVM_OPTIONS] for settings in (environment, properties) if JVM_OPTIONS in settings)
    return {**environment, **properties, **({JVM_OPTIONS: options} if options else {})}


def read_properties(path: Path) -> dict[str, str]:
    """Read a Spark properties file: each line has a key, a blank and a value; a line that begins with `#` is a comment."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.split(None, 1) for line in lines if line and not line.startswith("#"))
    return {pair[0]: pair[1] for pair in pairs}


def _environment(properties: Mapping[str, str]) -> dict[str, str]:
    started_by_spark_submit = "PYSPARK_GATEWAY_PORT" in os.environ
    if started_by_spark_submit:
        return {}
    # Spark reads this only from the environment. Without it the workers run the first python3 on the PATH.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # Java uses the character set of the locale for file names; in the locale C it loses every letter with an accent.
    if locale.getencoding().lower() not in ("utf-8", "utf8"):
        os.environ["LC_ALL"] = "C.UTF-8"
    # The workers unpickle functions of this package, so they must be able to import it too.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (LIBRARY, os.environ.get("PYTHONPATH"))))
    settings = {**_settings_of_machine(properties), **(driver_settings() or {"spark.jars.packages": DELTA_COORDINATE})}
    return _joined({JVM_OPTIONS: options}, settings) if (options := nameless_options()) else settings


def _settings_of_machine(properties: Mapping[str, str]) -> dict[str, str]:
    """Return settings for a session that runs all its tasks on this machine, without those that are given in another way."""
    given = {**_given_to_spark(), **properties}
    chosen = driver_settings_for(this_machine(), given.get("spark.master", "local[*]"))
    if chosen:
        # The progress bar would overwrite the program's own lines.
        chosen["spark.ui.showConsoleProgress"] = "false"
        if sys.platform == "linux":
            # Spark forks the Python workers of queries from a process that has imported what they need. It finds the library even
            # if the JVM was started before this function set PYTHONPATH.
            chosen |= {"spark.python.daemon.module": "tidegate_daemon", "spark.executorEnv.PYTHONPATH": LIBRARY}
    return {key: value for key, value in chosen.items() if key not in given}


def _given_to_spark() -> dict[str, str]:
    """Return the settings of spark-defaults.conf and of Spark's environment variables, which must not be overridden."""
    folder = os.environ.get("SPARK_CONF_DIR") or os.path.join(os.environ.get("SPARK_HOME", ""), "conf")
    defaults = Path(folder) / "spark-defaults.conf"
    given = read_properties(defaults) if defaults.is_file() else {}
    if "SPARK_DRIVER_MEMORY" in os.environ:
        given[MEMORY] = os.environ["SPARK_DRIVER_MEMORY"]
    words = shlex.split(os.environ.get("PYSPARK_SUBMIT_ARGS", ""))
    parts = [part for word in words for part in (word.split("=", 1) if word.startswith("--") else [word])]
    options = {"--master": "spark.master", "--driver-memory": MEMORY}
    for option, value in pairwise(parts):
        if option in options:
            given[options[option]] = value
        elif option in ("--conf", "-c"):
            key, _, given_value = value.partition("=")
            given[key] = given_value
    return given


def driver_settings() -> dict[str, str]:
    """Return the settings with the paths of Delta's jars and of the class archive that spark-submit.sh has made.

    They are empty if spark-submit.sh did not make this Python environment.
    """
    file = Path(sys.prefix) / "share" / "tidegate" / "driver.conf"
    return read_properties(file) if file.is_file() else {}
