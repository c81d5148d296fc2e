"""Spark settings for runs that read few rows, for which compiling code takes longer than the work."""

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from tidegate.commands.opening.context import LOG
from tidegate.config import ShortRunSettings
from tidegate.errors import ConfigurationError


@contextmanager
def fitted_session(spark: SparkSession, short: ShortRunSettings, what: str, rows: int) -> Iterator[None]:
    """Apply the settings for short runs inside the `with` block if it reads few rows, and restore the old ones at its end.

    Args:
        spark: The session.
        short: The configured limit of rows, and the settings.
        what: Name of the work, for the log.
        rows: About how many rows it reads.

    Raises:
        ConfigurationError: One of the settings can't be changed in a running session, or can't have this value.
    """
    is_short = rows < short.most_rows
    way = "interprets" if is_short else "compiles code for"
    LOG.info(
        "%s: about %s rows to read; Spark %s them (short_runs.most_rows: %s)", what, f"{rows:,}", way, f"{short.most_rows:,}"
    )
    before: dict[str, str | None] = {}
    try:
        for key, value in short.spark.items() if is_short else ():
            before[key] = _replaced(spark, key, value)
        yield
    finally:
        for key, value_before in before.items():
            if value_before is None:
                spark.conf.unset(key)
            else:
                spark.conf.set(key, value_before)


def _replaced(spark: SparkSession, key: str, value: str) -> str | None:
    """Change a setting of the session and return its old value; None if it was not set."""
    before = spark.conf.get(key, None)
    try:
        spark.conf.set(key, value)
    except PySparkException as error:
        reason = str(error).splitlines()[0]
        raise ConfigurationError([f"short_runs.spark: {key}: {value!r} can't be set for a running session: {reason}"]) from None
    return before
