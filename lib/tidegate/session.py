"""The Spark session: Delta switched on, UTC everywhere, everything else from a properties file."""

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

# What the suite is wrong without, whatever the machine; settings of size and speed stand in conf/spark/*.conf.
REQUIRED = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.executorEnv.TZ": "UTC",
    # Times as 96 bits, Spark's default, have no statistics in the files and are read three times slower by everybody else.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # An erasure removes old files at once; Delta refuses any VACUUM below a week unless told that this is meant.
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    # A flipped bit in a table's file would be another value: Spark writes checksums of its pages, but by default reads past them.
    "spark.hadoop.parquet.page.verify-checksum.enabled": "true",
    # Nothing is ever stored there, but Spark makes the folder, else in whatever place a job is started from.
    # Named by the user: everybody may write to the machine's temporary folder.
    "spark.sql.warehouse.dir": (Path(gettempdir()) / f"tidegate-{os.geteuid()}-warehouse").as_uri(),
}


def build_session(app_name: str, properties: Mapping[str, str] | None = None) -> SparkSession:
    """Return the running session, or start one.

    Under spark-submit the jars and the settings of `conf/spark` are there already; started by plain Python (tests,
    notebooks, the `tidegate` command) the jars come from the environment, or by Spark's own resolver where it has none, and
    memory and partitions follow from the machine, where neither `properties` nor Spark's own files and variables give them.

    With a session of ours this process counts in UTC, as jobs under spark-submit.sh do: Spark gives collected timestamps to
    Python without a zone, in that of the process, and to pandas in that of the session; both mean UTC then.

    Args:
        app_name: Name shown in Spark's own pages.
        properties: Spark settings, for example from `read_properties`; they give way to what spark-submit was given.

    Raises:
        SparkConnectError: The environment or the properties ask for a session of Spark Connect.
    """
    require_no_connect(properties or {})
    running = SparkSession.getActiveSession()
    if running is not None:
        # getOrCreate would set every property on it, and a caller's session is not ours to change.
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
    # Where there is none (Windows), the process keeps its zone.
    if hasattr(time, "tzset"):
        time.tzset()
    if before != time.tzname[0]:
        _LOG.info("this process counts in UTC from now on (%s before): timestamps that Spark collects mean UTC", before)


def _joined(environment: Mapping[str, str], properties: Mapping[str, str]) -> dict[str, str]:
    """Return both, the JVM's options one after the other; of everything else the properties count."""
    options = " ".join(settings[JVM_OPTIONS] for settings in (environment, properties) if JVM_OPTIONS in settings)
    return {**environment, **properties, **({JVM_OPTIONS: options} if options else {})}


def read_properties(path: Path) -> dict[str, str]:
    """Read a Spark properties file: a key and a value a line, split at the first blank; `#` starts a comment line."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.split(None, 1) for line in lines if line and not line.startswith("#"))
    return {pair[0]: pair[1] for pair in pairs}


def _environment(properties: Mapping[str, str]) -> dict[str, str]:
    started_by_spark_submit = "PYSPARK_GATEWAY_PORT" in os.environ
    if started_by_spark_submit:
        return {}
    # Read by Spark from the environment alone; without it the workers run whichever python3 comes first on PATH.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # Java reads and writes names of files in the character set of the locale: in plain C every letter with an accent is lost.
    if locale.getencoding().lower() not in ("utf-8", "utf8"):
        os.environ["LC_ALL"] = "C.UTF-8"
    # The workers unpickle functions of this package; a path that only this process knows is not theirs.
    library = str(Path(__file__).resolve().parents[1])
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (library, os.environ.get("PYTHONPATH"))))
    settings = {**_settings_of_machine(properties), **(driver_settings() or {"spark.jars.packages": DELTA_COORDINATE})}
    return _joined({JVM_OPTIONS: options}, settings) if (options := nameless_options()) else settings


def _settings_of_machine(properties: Mapping[str, str]) -> dict[str, str]:
    """Return what spark-submit.sh would choose for a driver on this machine, without what Spark is given in another way."""
    given = {**_given_to_spark(), **properties}
    chosen = driver_settings_for(this_machine(), given.get("spark.master", "local[*]"))
    if chosen:
        # The bar would be drawn over a program's own lines.
        chosen["spark.ui.showConsoleProgress"] = "false"
    return {key: value for key, value in chosen.items() if key not in given}


def _given_to_spark() -> dict[str, str]:
    """Return the settings of Spark's own file of defaults and of its variables, which this program's settings would hide."""
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
    """Return where an environment made by spark-submit.sh has Delta's jars and its archive of classes; empty elsewhere."""
    file = Path(sys.prefix) / "share" / "tidegate" / "driver.conf"
    return read_properties(file) if file.is_file() else {}
