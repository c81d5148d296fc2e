"""Whether Delta's log store keeps the commits of several drivers apart on the file system of a root."""

from pyspark.sql import SparkSession

from tidegate.errors import UnsafeLogStoreError
from tidegate.hadoop import scheme_of

SAFE_ON_S3 = "io.delta.storage.S3DynamoDBLogStore"
_S3 = ("s3", "s3a", "s3n")


def require_safe_log_store(spark: SparkSession, root: str) -> None:
    """Raise UnsafeLogStoreError where several drivers would lose commits: on S3 with any log store but the one for DynamoDB."""
    scheme = scheme_of(spark, root)
    if scheme not in _S3:
        return
    setting = f"spark.delta.logStore.{scheme}.impl"
    found = spark.conf.get(setting, None)
    if found != SAFE_ON_S3:
        raise UnsafeLogStoreError(root, setting, SAFE_ON_S3, found)
