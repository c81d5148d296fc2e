"""Files in a table's folder that no version within the table's window needs: left by killed drivers, or by old versions."""

from pyspark.sql import SparkSession

from tidegate.tables.commits.commit import committed

# Delta lists no more of them in a dry run.
MOST_LISTED = 1_000


def unneeded_files(spark: SparkSession, path: str) -> list[str]:
    """Return paths of files that `remove_unneeded_files` would remove, at most a thousand.

    Files that are younger than the window `delta.deletedFileRetentionDuration` (Delta's default: a week) are not among
    them: a writer that is at work may be about to commit them.
    """
    return [row["path"] for row in spark.sql(f"VACUUM {_table(path)} FULL DRY RUN").collect()]


def remove_unneeded_files(spark: SparkSession, path: str) -> None:
    """Remove them. FULL lists the folder: what was never in the log is found in no other way."""
    committed(spark, path, lambda: spark.sql(f"VACUUM {_table(path)} FULL"))


def _table(path: str) -> str:
    """Return the name that SQL has for the table at a path."""
    quoted_path = path.replace("`", "``")
    return f"delta.`{quoted_path}`"
