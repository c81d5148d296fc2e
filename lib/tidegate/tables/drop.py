"""Drop a table with all its files, so that a killed driver leaves no rows that an erasure would not find."""

from pyspark.sql import SparkSession

from tidegate.hadoop import open_path
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.create import remove_table, table_exists
from tidegate.tables.vacuum import vacuum_table
from tidegate.tables.write import delete_where


def drop_table(spark: SparkSession, path: str) -> bool:
    """Remove a table and everything in its folder. If it is killed at any point, call it again.

    The rows go first, while the table can still be read: an erasure finds people only in tables, and not in files that a removed
    log has left behind. At the end the log is renamed, because the files of a folder are not removed all at once. A log of which
    some versions are missing could not be read.

    Returns:
        Whether there was a table, or a folder that a killed driver had left.
    """
    with exclusive(spark, path):
        folder, file_system = open_path(spark, path)
        if not file_system.exists(folder):
            return False
        if table_exists(spark, path):
            delete_where(spark, path, "true", Commit(note={"dropped": True}))
            vacuum_table(spark, path)
            log, _ = open_path(spark, f"{path}/_delta_log")
            gone, _ = open_path(spark, f"{path}/_dropped_log")
            if not file_system.rename(log, gone):
                raise OSError(f"{path}/_delta_log could not be renamed to _dropped_log")
        remove_table(spark, path)
        return True
