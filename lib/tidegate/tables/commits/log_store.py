"""Check that Delta's log store can handle commits of several drivers on the file system of a root."""

from pyspark.sql import SparkSession

from tidegate.errors import UnsafeLogStoreError
from tidegate.hadoop import scheme_of

SAFE_ON_S3 = "io.delta.storage.S3DynamoDBLogStore"
_S3 = ("s3", "s3a", "s3n")


def require_safe_log_store(spark: SparkSession, root: str) -> None:
    """Check that several drivers can commit under the root without losing commits.

    Raises:
        UnsafeLogStoreError: The root is on S3, and the session does not use the log store with DynamoDB.
    """
    scheme = scheme_of(spark, root)
    if scheme not in _S3:
        return
    setting = f"spark.delta.logStore.{scheme}.impl"
    found = spark.conf.get(setting, None)
    if found != SAFE_ON_S3:
        raise UnsafeLogStoreError(root, setting, SAFE_ON_S3, found)
