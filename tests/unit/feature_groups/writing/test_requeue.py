"""Rows that were held back are let in once what they broke is mended."""

from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.readings import BAD, READINGS, at, held, store_of, write

from tidegate.expectations import at_least
from tidegate.feature_groups.writing.requeue import requeue_group
from tidegate.tables.read import read_table


@pytest.mark.slow
def test_requeue_group_lets_in_what_is_as_expected_now_to_the_last_digit(spark: SparkSession, tmp_path: Path) -> None:
    store = store_of(spark, tmp_path)
    write(store, *BAD)
    mended = replace(READINGS, expectations=(at_least("pm25", -5),))
    assert requeue_group(store, mended, dry_run=True).summary == "5 rows held back, 1 released, 4 stay"
    result = requeue_group(store, mended)
    assert (result.held, result.released, result.written.inserted) == (5, 1, 1)
    assert len(held(store)) == 4
    stored = read_table(spark, store.layout.feature_group("readings_v1"))
    other = spark.createDataFrame([BAD[4]], READINGS.schema)
    assert stored.select(*other.columns).collect() == other.collect()
    assert requeue_group(store, mended).released == 0


@pytest.mark.slow
def test_requeue_group_lets_nobody_know_earlier(spark: SparkSession, tmp_path: Path) -> None:
    store = store_of(spark, tmp_path)
    write(store, BAD[4])
    requeue_group(store, replace(READINGS, expectations=()), known_from=at(9))
    known = read_table(spark, store.layout.feature_group("readings_v1")).select(F.col("available_at").cast("double")).first()[0]
    assert known == at(9).timestamp()
