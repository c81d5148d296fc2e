"""Access to classes of the driver's JVM, and to the objects behind Spark's Python objects; `hadoop` alone does this, too."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from py4j.java_gateway import JavaClass
from pyspark import SparkConf, SparkContext
from pyspark.sql import Column, DataFrame, SparkSession

from tidegate.spark_classic import require_classic

# In `java.lang.String` the package, in `org.apache.spark.sql.delta.DeltaLog.update(` too; names of classes begin with a capital.
_PACKAGES = re.compile(r"\b(?:[a-z]\w*\.)+")
_SIGNATURE = re.compile(r"[\w$]+\([^()]*\)")


def java_class(spark: SparkSession, name: str) -> Any:  # noqa: ANN401  # Java's own class
    """Return a class of the driver's JVM by its full name; the name of an inner class follows a `$`.

    `jvm.org.apache.…` would be slower: it makes one call for each part of the name, and each call searches every jar for a class
    of that name.

    Raises:
        SparkConnectError: The session has no JVM.
    """
    # Nearly every method of the store calls this function first, so it is the one place that refuses a session without a JVM.
    require_classic(spark)
    return _named_class(spark.sparkContext._jvm, name)


def class_before_session(name: str, settings: Mapping[str, str]) -> Any:  # noqa: ANN401  # Java's own class
    """Return a class of the driver's JVM before a session is built; where no JVM runs yet, it is started with the settings."""
    SparkContext._ensure_initialized(conf=SparkConf(loadDefaults=False).setAll(list(settings.items())))
    return _named_class(SparkContext._jvm, name)


def signatures(spark: SparkSession, name: str) -> frozenset[str]:
    """Return the public methods and constructors of a class, as `update(boolean,Option)`: types without their packages.

    The set is empty where the JVM has no class of this name.
    """
    found = java_class(spark, name)
    # For a name that it doesn't know, Py4J returns a package.
    if not isinstance(found, JavaClass):
        return frozenset()
    in_java, as_text = found._java_lang_class, java_class(spark, "org.apache.commons.lang3.ArrayUtils").toString
    text = as_text(in_java.getMethods()) + as_text(in_java.getConstructors())
    return frozenset(_SIGNATURE.findall(_PACKAGES.sub("", text)))


def scala_none(spark: SparkSession) -> Any:  # noqa: ANN401  # Scala's own object
    """Return Scala's None, an argument of many methods of Delta. It is cached: a single write needs it about 36 times."""
    return _none(spark.sparkContext._jvm)


def java_session(spark: SparkSession) -> Any:  # noqa: ANN401  # Spark's own class
    """Return the session of the JVM behind a session."""
    return spark._jsparkSession


def java_frame(frame: DataFrame) -> Any:  # noqa: ANN401  # Spark's own class
    """Return the frame of the JVM behind a frame."""
    return frame._jdf


def java_column(column: Column) -> Any:  # noqa: ANN401  # Spark's own class
    """Return the column of the JVM behind a column."""
    return column._jc


def java_model(model: Any) -> Any:  # noqa: ANN401  # to import the type takes most of a second
    """Return the model of the JVM behind a fitted model of MLlib."""
    return model._java_obj


@lru_cache(maxsize=1)
def _none(jvm: Any) -> Any:  # noqa: ANN401
    return _named_class(jvm, "scala.Option").empty()


@lru_cache(maxsize=128)
def _named_class(jvm: Any, name: str) -> Any:  # noqa: ANN401
    return getattr(jvm, name)
