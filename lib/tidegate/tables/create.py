"""Create a Delta table whose log and statistics contain no personal value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.hadoop import open_path
from tidegate.spark_classic import require_classic
from tidegate.tables.commits.commit import committed
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.delta_log.log_folder import remove_unfinished_log, table_is_made
from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import FORGET
from tidegate.tables.internals.own_log import forget_table

STATISTICS_PROPERTY = "delta.dataSkippingStatsColumns"
# A checkpoint of the log takes some seconds even for a small table, and readers hardly need one, because the checksum of a commit
# lists the files. With Delta's default of ten commits, checkpoints took half of the time of a hundred small appends.
_EVERY_TABLE = {"delta.checkpointInterval": "100"}
# The types for which Delta stores minimum and maximum. Columns of other types can't be named in dataSkippingStatsColumns.
_WITH_STATISTICS = (T.NumericType, T.StringType, T.DateType, T.TimestampType, T.TimestampNTZType)


@dataclass(frozen=True)
class TableShape:
    """The columns and properties of a new table.

    Attributes:
        schema: The columns and their types.
        personal: The columns with personal values.
        partitioned_by: The partition columns. They can't be personal, because folder names and the log contain their values.
        properties: Further properties of the table.
    """

    schema: T.StructType
    personal: Sequence[str] = ()
    partitioned_by: Sequence[str] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


def table_exists(spark: SparkSession, path: str) -> bool:
    """Return whether there is a Delta table at the path."""
    require_classic(spark)
    return DeltaTable.isDeltaTable(spark, path)


def create_table(spark: SparkSession, path: str, shape: TableShape) -> bool:
    """Create an empty Delta table if there is none, and return whether it was created.

    After a DELETE, the deleted values remain in column statistics and in the change feed, and with deletion vectors the rows
    remain in their file. So a table with personal columns has no statistics of them, no change feed and no deletion vectors.
    """
    # Nearly always the table exists, and this check needs no lock.
    return not table_exists(spark, path) and committed(spark, path, lambda: _create(spark, path, shape))


def remove_table(spark: SparkSession, path: str) -> None:
    """Remove a table with all its files. It is for a table that was just written and is wrong, so that no record names it."""
    with exclusive(spark, path):
        folder, file_system = open_path(spark, path)
        file_system.delete(folder, True)
        # Otherwise Delta would use what it remembers of this table if another one is created at the path.
        if is_there(spark, FORGET):
            forget_table(spark, folder)


def _create(spark: SparkSession, path: str, shape: TableShape) -> bool:
    # While this driver waited for the lock, another driver may have created the table.
    if table_is_made(spark, path):
        return False
    remove_unfinished_log(spark, path)
    builder = DeltaTable.createIfNotExists(spark).location(path).addColumns(shape.schema)
    if shape.partitioned_by:
        builder = builder.partitionedBy(*shape.partitioned_by)
    properties = _EVERY_TABLE | table_properties(shape.schema, shape.personal, shape.partitioned_by)
    for key, value in {**properties, **shape.properties}.items():
        builder = builder.property(key, value)
    builder.execute()
    return True


def table_properties(schema: T.StructType, personal: Sequence[str] = (), partitioned_by: Sequence[str] = ()) -> dict[str, str]:
    """Return the Delta properties of a table with these columns, of which some are personal."""
    if not personal:
        return {}
    counted = [
        f"`{field.name}`"
        for field in schema.fields
        if field.name not in (*personal, *partitioned_by) and isinstance(field.dataType, _WITH_STATISTICS)
    ]
    return {
        STATISTICS_PROPERTY: ",".join(counted),
        "delta.enableChangeDataFeed": "false",
        "delta.enableDeletionVectors": "false",
    }
