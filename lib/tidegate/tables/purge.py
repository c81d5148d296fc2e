"""Remove rows that are only marked as deleted: a deletion vector hides a row, and its values stay in the file."""

from pyspark.sql import SparkSession

from tidegate.schema import quoted
from tidegate.tables.commit import committed
from tidegate.tables.files import logged_files


def purge_marked_rows(spark: SparkSession, path: str) -> bool:
    """Write the files anew in which rows are marked as deleted, without these; return whether there were any.

    The old files stay for time travel until they are vacuumed.
    """
    if not any(file.hidden for file in logged_files(spark, path)):
        return False
    committed(spark, path, lambda: spark.sql(f"REORG TABLE delta.{quoted(path)} APPLY (PURGE)"))
    return True
