"""Tell a reader whose files an erasure or a maintenance removed what happened."""

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
    """Do what reads tables at fixed versions, or for long.

    Args:
        what: What is being made of them, for the message.

    Raises:
        VersionGoneError: A file of theirs was removed meanwhile.
    """
    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        if not any(sign in str(error) for sign in _SIGNS):
            raise
        raise VersionGoneError(what) from None
