"""Remove what a table still stores of rows that were deleted from it: marked rows, older versions, statistics in its log."""

from pyspark.sql import SparkSession

from tidegate.schema import quoted
from tidegate.tables.commits.commit import committed
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.delta_log.files import logged_files
from tidegate.tables.old_log import remove_old_log
from tidegate.tables.protect import protected_columns
from tidegate.tables.read import table_state
from tidegate.tables.write import vacuum_table


def purge_deleted_rows(spark: SparkSession, path: str) -> None:
    """Leave no value of a deleted row in the table's files and its log; the older versions can't be read any more.

    A deletion leaves the row in the files of the older versions. Where it only marked the row (a deletion vector), the row is in
    a file of the newest version, too. Killed anywhere, it can be done again.
    """
    with exclusive(spark, path):
        _rewrite_marked_files(spark, path)
        vacuum_table(spark, path)
        if protected_columns(table_state(spark, path)):
            # Before these columns were known to name people, the log got statistics of them.
            remove_old_log(spark, path)


def _rewrite_marked_files(spark: SparkSession, path: str) -> None:
    if any(file.hidden for file in logged_files(spark, path)):
        committed(spark, path, lambda: spark.sql(f"REORG TABLE delta.{quoted(path)} APPLY (PURGE)"))
