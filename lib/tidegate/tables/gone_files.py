"""Explain to a reader that an erasure or a maintenance removed the files that it was reading."""

from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from tidegate.errors import VersionGoneError

# What Delta says of a version before which an erasure cut the log off.
_GONE_VERSIONS = ("DELTA_TRUNCATED_TRANSACTION_LOG", "DELTA_VERSION_NOT_FOUND", "DELTA_LOG_FILE_NOT_FOUND")
# What Spark, Hadoop and Arrow say of a file that is not there.
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
