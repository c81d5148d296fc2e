"""When the batch of a held row arrived: a column that quarantine tables have since format 3 of the root."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.tables.commits.commit_note import Commit
from tidegate.tables.read import table_state
from tidegate.tables.rewrite import NewShape, reshape

ARRIVED_AT, QUARANTINED_AT = "arrived_at", "quarantined_at"


def with_arrivals(rows: DataFrame) -> DataFrame:
    """Return held rows with `arrived_at`.

    Where it was not recorded the batch arrived at the latest when the row was held back. So it counts as arrived then: a row
    that is let in is never known before anybody could have known it.
    """
    return rows if ARRIVED_AT in rows.columns else rows.withColumn(ARRIVED_AT, F.col(QUARANTINED_AT))


def lacks_arrivals(spark: SparkSession, path: str) -> bool:
    """Tell whether a quarantine table was made before arrivals were recorded."""
    return ARRIVED_AT not in table_state(spark, path).schema.names


def add_arrivals(spark: SparkSession, path: str) -> None:
    """Give a quarantine table the column, filled as `with_arrivals` says, in one commit; nothing where it is there."""
    if lacks_arrivals(spark, path):
        schema = T.StructType([*table_state(spark, path).schema.fields, T.StructField(ARRIVED_AT, T.TimestampType())])
        reshape(spark, path, with_arrivals, NewShape(schema, ()), Commit(note={"added": ARRIVED_AT}))
