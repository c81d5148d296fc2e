"""Commit to a Delta table: under a lock on a local file system, and repeated after a conflict on every file system."""

from collections.abc import Callable
from typing import TypeVar

from pyspark.sql import SparkSession

from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.retry import retried_commit

Result = TypeVar("Result")


def committed(spark: SparkSession, path: str, action: Callable[[], Result]) -> Result:
    """Run an action that makes one commit to the table, and repeat it after a conflict.

    Each attempt takes the lock, so that other writers can commit in the pause after a conflict.

    Args:
        spark: The session whose JVM commits.
        path: The table.
        action: The action. It must be possible to repeat it.

    Returns:
        The result of the action.

    Raises:
        TableBusyError: Another writer held the table's lock for too long.
        LockFileError: The lock file can't be used.
        ConflictError: Other writers changed the table during every attempt.
    """

    def attempt() -> Result:
        with exclusive(spark, path):
            return action()

    return retried_commit(attempt, path)
