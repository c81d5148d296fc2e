"""Classes of the driver's JVM."""

from functools import lru_cache
from typing import Any

from pyspark.sql import SparkSession


def java_class(spark: SparkSession, name: str) -> Any:  # noqa: ANN401  # Java's own class
    """Return a class of the driver's JVM by its full name, which has a `$` before the name of an inner class.

    `jvm.org.apache.…` would be a call for each part of the name, and each would look for a class of that name in every jar.
    """
    return _named(spark.sparkContext._jvm, name)


def scala_none(spark: SparkSession) -> Any:  # noqa: ANN401  # Scala's own object
    """Return Scala's None, which many methods of Delta take; a write asks for it three dozen times."""
    return _none(spark.sparkContext._jvm)


@lru_cache(maxsize=1)
def _none(jvm: Any) -> Any:  # noqa: ANN401
    return _named(jvm, "scala.Option").empty()


@lru_cache(maxsize=128)
def _named(jvm: Any, name: str) -> Any:  # noqa: ANN401
    return getattr(jvm, name)
