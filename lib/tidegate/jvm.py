"""Classes of the driver's JVM."""

from functools import lru_cache
from typing import Any

from pyspark.sql import SparkSession

from tidegate.spark_classic import require_classic


def java_class(spark: SparkSession, name: str) -> Any:  # noqa: ANN401  # Java's own class
    """Return a class of the driver's JVM by its full name, which has a `$` before the name of an inner class.

    `jvm.org.apache.…` would be a call for each part of the name, and each would look for a class of that name in every jar.
    """
    # Nearly every verb comes by here first, so that a session without a JVM is refused in one place.
    require_classic(spark)
    return named_class(spark.sparkContext._jvm, name)


def scala_none(spark: SparkSession) -> Any:  # noqa: ANN401  # Scala's own object
    """Return Scala's None, which many methods of Delta take; a write asks for it three dozen times."""
    return _none(spark.sparkContext._jvm)


@lru_cache(maxsize=1)
def _none(jvm: Any) -> Any:  # noqa: ANN401
    return named_class(jvm, "scala.Option").empty()


@lru_cache(maxsize=128)
def named_class(jvm: Any, name: str) -> Any:  # noqa: ANN401
    """Return a class of a JVM by its full name; see `java_class`."""
    return getattr(jvm, name)
