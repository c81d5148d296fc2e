"""Which sessions tidegate works with: those of Spark Classic, whose driver runs a JVM that this process reaches."""

import os
from collections.abc import Mapping

from tidegate.errors import SparkConnectError

_CONNECT = "pyspark.sql.connect."
# Variables and properties by which a builder makes a session of Spark Connect.
_VARIABLES = ("SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED")
_API_MODE = "connect"


def require_classic(session: object) -> None:
    """Raise SparkConnectError where a session is one of Spark Connect, or no session at all.

    By the names of its classes: the module of Spark Connect can't be imported where grpc is missing.
    """
    kind = type(session)
    if any(f"{each.__module__}.".startswith(_CONNECT) for each in kind.__mro__):
        raise SparkConnectError("the given session is one of Spark Connect")
    if not hasattr(session, "_jsparkSession"):
        raise SparkConnectError(f"the given session is of type {kind.__module__}.{kind.__qualname__}")


def require_no_connect(properties: Mapping[str, str]) -> None:
    """Raise SparkConnectError where the environment or Spark's properties ask for a session of Spark Connect."""
    named = [name for name in _VARIABLES if os.environ.get(name)]
    named += [f"{name}=connect" for name in ("SPARK_API_MODE",) if os.environ.get(name, "").lower() == _API_MODE]
    named += [name for name in ("spark.remote",) if properties.get(name)]
    named += [f"{name}=connect" for name in ("spark.api.mode",) if properties.get(name, "").lower() == _API_MODE]
    if named:
        raise SparkConnectError(f"{' and '.join(named)} would make a session of Spark Connect; unset it")
