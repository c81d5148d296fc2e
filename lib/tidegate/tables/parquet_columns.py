"""The columns of a Parquet file as Spark reads them."""

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
        path: The file, as Spark's reader takes it.
        message: Its columns as its footer has them.

    Raises:
        PySparkException: A column has a type that Spark doesn't have.
    """
    if is_there(spark, PARQUET_TYPES):
        return T.StructType.fromJson(json.loads(converted_columns(spark, message)))
    return spark.read.parquet(path).schema
