"""Access to classes of the driver's JVM."""

from functools import lru_cache
from typing import Any

from pyspark.sql import SparkSession

from tidegate.spark_classic import require_classic


def java_class(spark: SparkSession, name: str) -> Any:  # noqa: ANN401  # Java's own class
    """Return a class of the driver's JVM by its full name; the name of an inner class follows a `$`.

    `jvm.org.apache.…` would be slower: it makes one call for each part of the name, and each call searches every jar for a class
    of that name.

    Raises:
        SparkConnectError: The session has no JVM.
    """
    # Nearly every method of the store calls this function first, so it is the one place that refuses a session without a JVM.
    require_classic(spark)
    return named_class(spark.sparkContext._jvm, name)


def scala_none(spark: SparkSession) -> Any:  # noqa: ANN401  # Scala's own object
    """Return Scala's None, an argument of many methods of Delta. It is cached: a single write needs it about 36 times."""
    return _none(spark.sparkContext._jvm)


@lru_cache(maxsize=1)
def _none(jvm: Any) -> Any:  # noqa: ANN401
    return named_class(jvm, "scala.Option").empty()


@lru_cache(maxsize=128)
def named_class(jvm: Any, name: str) -> Any:  # noqa: ANN401
    """Return a class of a JVM by its full name; see `java_class`."""
    return getattr(jvm, name)
