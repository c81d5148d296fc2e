"""Create a Delta table whose log and statistics hold no personal value."""

from collections.abc import Sequence

from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.tables.commit import committed

# Types for which Delta keeps minimum and maximum; others cannot be named in dataSkippingStatsColumns.
_WITH_STATISTICS = (T.NumericType, T.StringType, T.DateType, T.TimestampType, T.TimestampNTZType)


def table_exists(spark: SparkSession, path: str) -> bool:
    """Tell whether a Delta table stands at the path."""
    return DeltaTable.isDeltaTable(spark, path)


def create_table(spark: SparkSession, path: str, schema: T.StructType, personal: Sequence[str] = ()) -> bool:
    """Create an empty Delta table unless there is one; return whether it was created.

    A DELETE leaves values in column statistics, change feed and deletion vectors (design: erasure), so a table with
    personal columns has none of the three for them.
    """
    # Nearly always it is there; to look needs no lock.
    return not table_exists(spark, path) and committed(spark, path, lambda: _create(spark, path, schema, personal))


def _create(spark: SparkSession, path: str, schema: T.StructType, personal: Sequence[str]) -> bool:
    if table_exists(spark, path):
        return False
    builder = DeltaTable.createIfNotExists(spark).location(path).addColumns(schema)
    for key, value in table_properties(schema, personal).items():
        builder = builder.property(key, value)
    builder.execute()
    return True


def table_properties(schema: T.StructType, personal: Sequence[str] = ()) -> dict[str, str]:
    """Return the Delta properties of a table with these columns, of which some are personal."""
    if not personal:
        return {}
    counted = [
        f"`{field.name}`"
        for field in schema.fields
        if field.name not in personal and isinstance(field.dataType, _WITH_STATISTICS)
    ]
    return {
        "delta.dataSkippingStatsColumns": ",".join(counted),
        "delta.enableChangeDataFeed": "false",
        "delta.enableDeletionVectors": "false",
    }
