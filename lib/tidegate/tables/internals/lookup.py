"""Check whether the JVM has the private classes and methods that tidegate is about to call."""

import logging
from importlib.metadata import version
from threading import Lock

from pyspark.sql import SparkSession

from tidegate.jvm import signatures
from tidegate.tables.internals.names import TESTED_DELTA, TESTED_SPARK, PrivateNames

LOG = logging.getLogger("tidegate")

# The results are kept for the life of the process, because its JVM and their jars do not change.
_FOUND: dict[PrivateNames, bool] = {}
_GUARD = Lock()


def is_there(spark: SparkSession, names: PrivateNames) -> bool:
    """Return whether the JVM has all of these names and the names that they need.

    Each process looks names up once. If some are missing, it logs them, and what tidegate does instead.
    """
    known = _FOUND.get(names)
    return _look_up(spark, names) if known is None else known


def missing_names(spark: SparkSession, names: PrivateNames) -> list[str]:
    """Return the full names of the classes, methods and constructors that the JVM does not have."""
    missing = []
    for each, members in names.members.items():
        found = signatures(spark, each)
        missing += [f"{each}.{member}" for member in members if member not in found] if found else [each]
    return missing


def forget_names() -> None:
    """Forget the results, so that all names are looked up again as in a new process."""
    with _GUARD:
        _FOUND.clear()


def _look_up(spark: SparkSession, names: PrivateNames) -> bool:
    # If a needed name is missing, its own lookup logs it.
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
        f"{names.purpose}. Instead, {names.instead}. The tables get the same rows, but it takes longer. tidegate is tested with "
        f"Delta {TESTED_DELTA} on Spark {TESTED_SPARK}; install these for its full speed."
    )
