"""Find and remove files in a table's folder that no recent version needs. Killed drivers and old versions leave such files."""

from pyspark.sql import SparkSession

from tidegate.tables.commits.commit import committed

# A dry run of Delta lists at most this number of files.
MOST_LISTED = 1_000


def unneeded_files(spark: SparkSession, path: str) -> list[str]:
    """Return the paths of files that `remove_unneeded_files` would remove, at most a thousand.

    Files that are younger than `delta.deletedFileRetentionDuration` (Delta's default: a week) are not among them, because a
    running writer may be about to commit them.
    """
    return [row["path"] for row in spark.sql(f"VACUUM {_table(path)} FULL DRY RUN").collect()]


def remove_unneeded_files(spark: SparkSession, path: str) -> None:
    """Remove the files that no recent version needs. VACUUM FULL lists the folder, so it finds files that no commit names."""
    committed(spark, path, lambda: spark.sql(f"VACUUM {_table(path)} FULL"))


def _table(path: str) -> str:
    """Return the name of the table at a path for SQL."""
    quoted_path = path.replace("`", "``")
    return f"delta.`{quoted_path}`"
