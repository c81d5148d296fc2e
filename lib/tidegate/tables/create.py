"""Create a Delta table whose log and statistics hold no personal value."""

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
# A checkpoint of the log takes some seconds, also of a small table, and readers hardly need one: the checksum beside a commit
# tells them the files. With the ten commits of Delta's default it took half the time of a hundred small appends.
_EVERY_TABLE = {"delta.checkpointInterval": "100"}
# Types for which Delta keeps minimum and maximum; others cannot be named in dataSkippingStatsColumns.
_WITH_STATISTICS = (T.NumericType, T.StringType, T.DateType, T.TimestampType, T.TimestampNTZType)


@dataclass(frozen=True)
class TableShape:
    """What a table is made like.

    Attributes:
        schema: Columns and types.
        personal: Columns with personal values.
        partitioned_by: Partition columns; their values are names of folders and stand in the log, so none is personal.
        properties: Further properties of the table.
    """

    schema: T.StructType
    personal: Sequence[str] = ()
    partitioned_by: Sequence[str] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


def table_exists(spark: SparkSession, path: str) -> bool:
    """Tell whether a Delta table stands at the path."""
    require_classic(spark)
    return DeltaTable.isDeltaTable(spark, path)


def create_table(spark: SparkSession, path: str, shape: TableShape) -> bool:
    """Create an empty Delta table unless there is one; return whether it was created.

    A DELETE leaves values in column statistics, change feed and deletion vectors (design: erasure), so a table with
    personal columns has none of the three for them.
    """
    # Nearly always it is there; to look needs no lock.
    return not table_exists(spark, path) and committed(spark, path, lambda: _create(spark, path, shape))


def remove_table(spark: SparkSession, path: str) -> None:
    """Remove a table with all its files: one that was just written and turned out wrong; nobody has been told of it."""
    with exclusive(spark, path):
        folder, file_system = open_path(spark, path)
        file_system.delete(folder, True)
        # What this process remembers of the table would be met again where one is made in its place.
        if is_there(spark, FORGET):
            forget_table(spark, folder)


def _create(spark: SparkSession, path: str, shape: TableShape) -> bool:
    # Another driver may have made it since this one looked, and waited for the lock.
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
