"""Several drivers on S3 need the log store that keeps their commits apart."""

import pytest
from pyspark.sql import SparkSession

from tidegate.errors import UnsafeLogStoreError
from tidegate.tables.commits.log_store import SAFE_ON_S3, require_safe_log_store


@pytest.mark.parametrize("scheme", ["s3", "s3a", "s3n"])
def test_require_safe_log_store_wants_the_one_of_dynamodb_on_s3(spark: SparkSession, scheme: str) -> None:
    root, setting = f"{scheme}://bucket/store", f"spark.delta.logStore.{scheme}.impl"
    with pytest.raises(UnsafeLogStoreError, match=rf"{root}.*{setting} is not set.*--conf {setting}={SAFE_ON_S3}"):
        require_safe_log_store(spark, root)
    spark.conf.set(setting, "io.delta.storage.S3SingleDriverLogStore")
    with pytest.raises(UnsafeLogStoreError, match="is io.delta.storage.S3SingleDriverLogStore"):
        require_safe_log_store(spark, root)
    spark.conf.set(setting, SAFE_ON_S3)
    require_safe_log_store(spark, root)


@pytest.mark.parametrize("root", ["/store", "file:///store", "hdfs://host/store", "abfss://c@a/store", "gs://bucket/store"])
def test_require_safe_log_store_wants_nothing_elsewhere(spark: SparkSession, root: str) -> None:
    require_safe_log_store(spark, root)
