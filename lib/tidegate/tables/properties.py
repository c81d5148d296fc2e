"""Set properties of a table."""

from collections.abc import Mapping

from pyspark.sql import SparkSession

from tidegate.tables.commit import committed


def set_properties(spark: SparkSession, path: str, properties: Mapping[str, str]) -> None:
    """Set properties in one commit; the others stay."""
    listed = ", ".join(f"'{key}' = '{value}'" for key, value in properties.items())
    committed(spark, path, lambda: spark.sql(f"ALTER TABLE delta.`{path}` SET TBLPROPERTIES ({listed})"))
