"""Read the columns of a Parquet file, with the types that Spark gives them."""

import json
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import PARQUET_TYPES
from tidegate.tables.internals.spark_plans import converted_columns


def parquet_columns(spark: SparkSession, path: str, message: Any) -> T.StructType:  # noqa: ANN401  # Parquet's own class
    """Return the columns of a Parquet file with Spark's types.

    Args:
        spark: The session.
        path: The path of the file, for Spark's reader.
        message: The schema in the footer of the file, an object of Parquet's Java library.

    Raises:
        PySparkException: Spark has no type for a column.
    """
    if is_there(spark, PARQUET_TYPES):
        return T.StructType.fromJson(json.loads(converted_columns(spark, message)))
    return spark.read.parquet(path).schema
