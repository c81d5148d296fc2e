"""The one way to commit to a Delta table: alone on a local file system, repeated after a conflict everywhere."""

from collections.abc import Callable
from typing import TypeVar

from pyspark.sql import SparkSession

from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.retry import retried_commit

Result = TypeVar("Result")


def committed(spark: SparkSession, path: str, action: Callable[[], Result]) -> Result:
    """Do an action that makes one commit to the table and can be repeated.

    The lock is taken for each attempt, so that the pause after a conflict is the other writers' time.

    Raises:
        TableBusyError, LockFileError, ConflictError: The commit was not made.
    """

    def attempt() -> Result:
        with exclusive(spark, path):
            return action()

    return retried_commit(attempt, path)
