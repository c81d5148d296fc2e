"""Delete rows that a search has found: rewrite the files that contain them, without reading the table once more."""

from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.hadoop import is_local
from tidegate.tables.commits.commit_metadata import NOTHING_CHANGED, Commit
from tidegate.tables.commits.row_places import FILE
from tidegate.tables.delta_log.files import LoggedFile, logged_files
from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import COMMIT
from tidegate.tables.read import lists_files
from tidegate.tables.rewrite import rewrite_files
from tidegate.tables.write import delete_rows, same_row

# Every task gets the keys of the rows to delete.
MOST_ROWS = 200_000


def rows_by_file(found: DataFrame) -> dict[str, int]:
    """Count found rows by the name of their file, without folders. `with_file` has added the file.

    This runs one Spark job. The driver gets a row for each file that contains a found row, never more than the log lists.
    """
    counted = found.groupBy(FILE).agg(F.count(F.lit(1)).alias("rows")).collect()
    return {row[FILE].rpartition("/")[2]: row["rows"] for row in counted}


def delete_found(spark: SparkSession, path: str, found: DataFrame, counts: Mapping[str, int], most: int = MOST_ROWS) -> None:
    """Delete found rows, in one commit. The table's log contains none of their values.

    On a local root, the files that contain the rows are rewritten without them. Where there is no lock, another writer may have
    committed since the search, so a MERGE deletes equal rows from the newest version.

    Args:
        spark: The session.
        path: The table. The caller has held its lock since it read the rows.
        found: The file of each row, and columns of the table. All rows of the table that equal a found row in these columns are
            found. A checkpoint holds them, because they are read more than once.
        counts: The number of found rows in each file, as `rows_by_file` returns it.
        most: Above this number of found rows, a MERGE deletes them.
    """
    commit = Commit(note={**NOTHING_CHANGED, "removed": "erased people"})
    keys, gone = found.drop(FILE).distinct(), sum(counts.values())
    files = _files_to_rewrite(spark, path, counts) if gone <= most else []
    if not files:
        delete_rows(spark, path, keys.localCheckpoint(), commit)
        return

    def without_found(rows: DataFrame) -> DataFrame:
        return rows.alias("_stored").join(F.broadcast(keys.alias("_erased")), same_row(keys.columns), "left_anti")

    leaving = sum(file.rows - file.hidden for file in files) - gone
    rewrite_files(spark, path, without_found, {file.path for file in files}, leaving, commit)


def _files_to_rewrite(spark: SparkSession, path: str, counts: Mapping[str, int]) -> list[LoggedFile]:
    """Return the files that contain found rows; nothing if they can't be rewritten one by one."""
    if not (is_local(spark, path) and is_there(spark, COMMIT) and lists_files(spark, path)):
        return []
    files = [file for file in logged_files(spark, path) if file.path.rpartition("/")[2] in counts]
    # If the log has no statistics of a file, the number of rows that stay is not known.
    return files if len(files) == len(counts) and all(file.rows for file in files) else []
