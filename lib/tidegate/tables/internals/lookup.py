"""Look whether the JVM has the private names that are about to be called, before anything is done with them."""

import logging
from importlib.metadata import version
from threading import Lock

from pyspark.sql import SparkSession

from tidegate.jvm import signatures
from tidegate.tables.internals.names import TESTED_DELTA, TESTED_SPARK, PrivateNames

LOG = logging.getLogger("tidegate")

# What was found, for the life of the process: the JVM and its jars stay.
_FOUND: dict[PrivateNames, bool] = {}
_GUARD = Lock()


def is_there(spark: SparkSession, names: PrivateNames) -> bool:
    """Tell whether the JVM has all of these names, and those that they need.

    Names are looked up once a process. Those that are gone are logged then, with what is done without them.
    """
    known = _FOUND.get(names)
    return _look_up(spark, names) if known is None else known


def missing_names(spark: SparkSession, names: PrivateNames) -> list[str]:
    """Return the classes, methods and constructors that the JVM doesn't have, by their full names."""
    missing = []
    for each, members in names.members.items():
        found = signatures(spark, each)
        missing += [f"{each}.{member}" for member in members if member not in found] if found else [each]
    return missing


def forget_names() -> None:
    """Look all names up again, as in a new process."""
    with _GUARD:
        _FOUND.clear()


def _look_up(spark: SparkSession, names: PrivateNames) -> bool:
    # What they need is logged by its own names.
    needed = all(is_there(spark, each) for each in names.needs)
    with _GUARD:
        if names not in _FOUND:
            missing = missing_names(spark, names) if needed else []
            _FOUND[names] = needed and not missing
            if missing:
                LOG.warning("%s", _message(spark, names, missing))
        return _FOUND[names]


def _message(spark: SparkSession, names: PrivateNames, missing: list[str]) -> str:
    return (
        f"Delta {version('delta-spark')} on Spark {spark.version} has no {', '.join(missing)}, which tidegate calls "
        f"{names.purpose}. Instead, {names.instead}. The tables hold the same rows; it takes longer. tidegate is tested with "
        f"Delta {TESTED_DELTA} on Spark {TESTED_SPARK}; install these for its full speed."
    )
