"""Remove the older entries of a table's log: column statistics in them can be values of people who are gone from the table."""

from collections.abc import Iterator
from typing import Any

from pyspark.sql import SparkSession

from tidegate.hadoop import hadoop_path, open_path
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.delta_log.log_folder import version_of
from tidegate.tables.internals import own_log, public_commits
from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import CHECKPOINT, FORGET


def remove_old_log(spark: SparkSession, path: str) -> int:
    """Make a checkpoint of the newest version and remove what the log has of the versions before; return how many files that was.

    The table's history begins with that version then. The caller has vacuumed the table, so that no older version can be read any
    more. Killed anywhere, it can be done again.

    Raises:
        PrivateNameGoneError: This Delta makes no checkpoint when it is asked to; nothing was removed.
    """
    with exclusive(spark, path):
        own = is_there(spark, CHECKPOINT)
        version = own_log.force_checkpoint(spark, path) if own else public_commits.force_checkpoint(spark, path)
        log, file_system = open_path(spark, f"{path}/_delta_log")
        # The oldest first, as Delta's own clean-up does: a log that is cut off anywhere has no hole.
        old = sorted(_names_before(file_system, log, version))
        for name in old:
            file_system.delete(hadoop_path(spark, log, name), False)
        if is_there(spark, FORGET):
            own_log.forget_table(spark, hadoop_path(spark, path))
    return len(old)


def _names_before(file_system: Any, log: Any, version: int) -> Iterator[str]:  # noqa: ANN401  # Hadoop's own classes
    """Return the names of commits, checksums, checkpoints and joined commits that begin before a version."""
    entries = file_system.listStatusIterator(log)
    while entries.hasNext():
        entry = entries.next()
        name = str(entry.getPath().getName())
        first = version_of(name)
        if entry.isFile() and first is not None and first < version:
            yield name
