"""Where stored rows lie in a table's files, and what a compaction writes beside a file."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

# Where a stored row lies: the file as `_metadata.file_path` names it, and the number of the row in it.
FILE, PLACE = "_file", "_place"
# Tag of a file in the log: the version in which a compaction wrote it.
ARRANGED_AT = "tidegate.arrangedAt"


def with_places(rows: DataFrame) -> DataFrame:
    """Add to the rows that `read_table` returns where each of them lies."""
    return rows.withColumns({FILE: F.col("_metadata.file_path"), PLACE: F.col("_metadata.row_index")})
