"""The versions of a Delta table that is read as a source, and the changes of each version."""

from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

# Delta's name of the column with the kind of change in a change feed.
CHANGE = "_change_type"
# The kinds of change of rows that were deleted, and of the old values of updated rows.
WENT = ("delete", "update_preimage")
# Operations that do not change rows.
WITHOUT_ROWS = (
    *("CREATE TABLE", "OPTIMIZE", "REORG", "VACUUM START", "VACUUM END"),
    *("SET TBLPROPERTIES", "UNSET TBLPROPERTIES", "UPGRADE PROTOCOL"),
)


@dataclass(frozen=True)
class TableVersion:
    """A version of a table.

    Attributes:
        number: The number of the version.
        committed: When the version was committed, in milliseconds since 1970 UTC.
    """

    number: int
    committed: int


def table_versions(spark: SparkSession, path: str) -> list[TableVersion]:
    """Return the versions that changed rows and that are still in the table's log, oldest first."""
    history = DeltaTable.forPath(spark, path).history().where(~F.col("operation").isin(*WITHOUT_ROWS))
    rows = history.select("version", F.unix_millis("timestamp").alias("committed")).orderBy("version").collect()
    return [TableVersion(row["version"], row["committed"]) for row in rows]


def version_changes(spark: SparkSession, path: str, number: int) -> DataFrame:
    """Return the rows that a version inserted, deleted or updated, with the kind of change in `_change_type`.

    An updated row occurs twice: as it was before and as it is after the update.
    """
    reader = spark.read.format("delta").option("readChangeFeed", "true")
    feed = reader.option("startingVersion", number).option("endingVersion", number).load(path)
    return feed.drop("_commit_version", "_commit_timestamp")
