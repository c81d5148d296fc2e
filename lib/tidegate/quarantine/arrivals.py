"""The arrival of the batch of a quarantined row: a column that quarantine tables have since format 3 of the root."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.read import table_state
from tidegate.tables.rewrite import NewShape, reshape

ARRIVED_AT, QUARANTINED_AT = "arrived_at", "quarantined_at"


def with_arrivals(rows: DataFrame) -> DataFrame:
    """Return quarantined rows with the column `arrived_at`, added if it is missing.

    An older table did not record when a batch arrived. Its batches arrived at the latest when their rows were quarantined, so the
    time of the quarantine is used. Then a released row never counts as known before anybody could have known it.
    """
    return rows if ARRIVED_AT in rows.columns else rows.withColumn(ARRIVED_AT, F.col(QUARANTINED_AT))


def lacks_arrivals(spark: SparkSession, path: str) -> bool:
    """Return whether a quarantine table was created before arrivals were recorded."""
    return ARRIVED_AT not in table_state(spark, path).schema.names


def add_arrivals(spark: SparkSession, path: str) -> None:
    """Add the column `arrived_at` to a quarantine table, filled as in `with_arrivals`, in one commit; nothing if it has one."""
    if lacks_arrivals(spark, path):
        schema = T.StructType([*table_state(spark, path).schema.fields, T.StructField(ARRIVED_AT, T.TimestampType())])
        reshape(spark, path, with_arrivals, NewShape(schema, ()), Commit(note={"added": ARRIVED_AT}))
