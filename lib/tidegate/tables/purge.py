"""Remove all traces of deleted rows from a table: rows that are only marked, older versions, and statistics in its log."""

from pyspark.sql import SparkSession

from tidegate.schema import quoted
from tidegate.tables.commits.commit import committed
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.delta_log.files import logged_files
from tidegate.tables.old_log import remove_old_log
from tidegate.tables.protect import protected_columns
from tidegate.tables.read import table_state
from tidegate.tables.vacuum import vacuum_table


def purge_deleted_rows(spark: SparkSession, path: str) -> None:
    """Remove the values of deleted rows from the table's files and log. Older versions can't be read afterwards.

    After a deletion, the row is still in the files of older versions. If the deletion only marked the row (a deletion vector), it
    is also still in a file of the newest version. If this function is killed at any point, it can be called again.
    """
    with exclusive(spark, path):
        _rewrite_marked_files(spark, path)
        vacuum_table(spark, path)
        if protected_columns(table_state(spark, path)):
            # The log contains statistics of these columns from before they were known to name people.
            remove_old_log(spark, path)


def _rewrite_marked_files(spark: SparkSession, path: str) -> None:
    if any(file.hidden for file in logged_files(spark, path)):
        committed(spark, path, lambda: spark.sql(f"REORG TABLE delta.{quoted(path)} APPLY (PURGE)"))
