"""Explain to a reader that an erasure or a maintenance removed the files that it was reading."""

from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from tidegate.errors import VersionGoneError

# Delta's errors for a version that is older than the log, because an erasure removed the older entries.
_GONE_VERSIONS = ("DELTA_TRUNCATED_TRANSACTION_LOG", "DELTA_VERSION_NOT_FOUND", "DELTA_LOG_FILE_NOT_FOUND")
# How Spark, Hadoop and Arrow report a file that does not exist.
_SIGNS = ("FILE_NOT_EXIST", "FileNotFoundException", "FileNotFoundError", *_GONE_VERSIONS)


@contextmanager
def reading_versions(what: str) -> Iterator[None]:
    """Turn the error for a missing file into one that says what happened.

    Put code into this context that reads tables at fixed versions, or that reads for a long time.

    Args:
        what: What the code makes from the tables, for the message.

    Raises:
        VersionGoneError: A file of a table was removed while the code was reading.
    """
    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        if not any(sign in str(error) for sign in _SIGNS):
            raise
        raise VersionGoneError(what) from None
