"""Remove the older entries of a table's log, because their column statistics can contain values of people who were erased."""

import json
from collections.abc import Iterator
from typing import Any

from pyspark.sql import SparkSession

from tidegate.hadoop import hadoop_path, open_path
from tidegate.tables.commits.commit import committed
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.commit_metadata import NOTHING_CHANGED, Commit
from tidegate.tables.delta_log.log_folder import version_of
from tidegate.tables.internals import own_log, public_commits
from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import CHECKPOINT, COMMIT, FORGET
from tidegate.tables.internals.own_transaction import begin
from tidegate.tables.read import current_version
from tidegate.text_files import read_text


def remove_old_log(spark: SparkSession, path: str) -> int:
    """Make a checkpoint of the newest version, remove the log files of all older versions, and return the number of these files.

    Afterwards the history of the table begins with the newest version. The caller must vacuum the table first, so that no older
    version can be read anyway. If this function is killed at any point, it can be called again.

    Raises:
        PrivateNameGoneError: This release of Delta did not make a checkpoint on request. Nothing was removed.
    """
    with exclusive(spark, path):
        if is_there(spark, COMMIT) and _newest_commit_quotes_removed_files(spark, path):
            # With one more commit it is an older version, too.
            committed(
                spark,
                path,
                lambda: begin(spark, path).commit_actions([], Commit(note={**NOTHING_CHANGED, "removed": "older log"})),
            )
        own = is_there(spark, CHECKPOINT)
        version = own_log.force_checkpoint(spark, path) if own else public_commits.force_checkpoint(spark, path)
        log, file_system = open_path(spark, f"{path}/_delta_log")
        # The oldest files first, as in Delta's own clean-up: if this is interrupted, the rest of the log has no gap.
        old = sorted(_names_before(file_system, log, version))
        for name in old:
            file_system.delete(hadoop_path(spark, log, name), False)
        if is_there(spark, FORGET):
            own_log.forget_table(spark, hadoop_path(spark, path))
    return len(old)


def _newest_commit_quotes_removed_files(spark: SparkSession, path: str) -> bool:
    """Return whether the newest commit contains the statistics of files that it removed."""
    newest = read_text(spark, f"{path}/_delta_log/{current_version(spark, path):020d}.json") or ""
    removed = [json.loads(line)["remove"] for line in newest.splitlines() if line.startswith('{"remove"')]
    return any(action.get("stats") for action in removed)


def _names_before(file_system: Any, log: Any, version: int) -> Iterator[str]:  # noqa: ANN401  # Hadoop's own classes
    """Return the names of the log files (commits, checksums, checkpoints, compacted commits) that begin before a version."""
    entries = file_system.listStatusIterator(log)
    while entries.hasNext():
        entry = entries.next()
        name = str(entry.getPath().getName())
        first = version_of(name)
        if entry.isFile() and first is not None and first < version:
            yield name
