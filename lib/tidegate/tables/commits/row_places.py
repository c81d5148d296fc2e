"""The places of stored rows in the files of a table, and the tag that a compaction gives to its files."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

# The place of a stored row: the file, as `_metadata.file_path` names it, and the number of the row in this file.
FILE, PLACE = "_file", "_place"
# The tag of a file in the log with the version in which a compaction wrote the file.
ARRANGED_AT = "tidegate.arrangedAt"


def with_file(rows: DataFrame) -> DataFrame:
    """Add the file of each row to rows that `read_table` returned."""
    return rows.withColumn(FILE, F.col("_metadata.file_path"))


def with_places(rows: DataFrame) -> DataFrame:
    """Add the place of each row to rows that `read_table` returned."""
    return rows.withColumns({FILE: F.col("_metadata.file_path"), PLACE: F.col("_metadata.row_index")})
