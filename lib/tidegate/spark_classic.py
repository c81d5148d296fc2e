"""Check that a session is a Spark Classic session: tidegate needs the driver's JVM, which Spark Connect gives no access to."""

import os
from collections.abc import Mapping

from tidegate.errors import SparkConnectError

_CONNECT = "pyspark.sql.connect."
# Environment variables with which a builder makes a Spark Connect session.
_VARIABLES = ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED")
_API_MODE = "connect"


def require_classic(session: object) -> None:
    """Raise SparkConnectError if an object is a Spark Connect session, or not a session at all.

    The check compares names of classes, since the module of Spark Connect can't be imported without grpc.
    """
    kind = type(session)
    if any(f"{each.__module__}.".startswith(_CONNECT) for each in kind.__mro__):
        raise SparkConnectError("the given session is a Spark Connect session")
    if not hasattr(session, "_jsparkSession"):
        raise SparkConnectError(f"the given session is of type {kind.__module__}.{kind.__qualname__}")


def require_no_connect(properties: Mapping[str, str]) -> None:
    """Raise SparkConnectError if the environment or Spark's properties ask for a Spark Connect session."""
    named = [name for name in _VARIABLES if os.environ.get(name)]
    named += [f"{name}=connect" for name in ("SPARK_API_MODE",) if os.environ.get(name, "").lower() == _API_MODE]
    named += [name for name in ("spark.remote",) if properties.get(name)]
    named += [f"{name}=connect" for name in ("spark.api.mode",) if properties.get(name, "").lower() == _API_MODE]
    if named:
        raise SparkConnectError(f"{' and '.join(named)} would make a Spark Connect session; unset it")
