"""Files of a load: stretches of time, the newest of which are short."""

import itertools
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.tables.buckets import Spread, first_laid_out, laid_out, newest_halved, spark_hash

pytestmark = pytest.mark.slow


def spread_of(count: int) -> Spread:
    """Return how so many rows spread over small files."""
    return Spread("at", count, 2, rows_per_file=1_000, newest_rows=100)


def rows_of(spark: SparkSession, count: int) -> DataFrame:
    """Every second in no order of time, in two buckets."""
    moment = F.timestamp_seconds((F.col("id") * 7919) % count).alias("at")
    return spark.range(count).select(F.pmod(F.xxhash64("id"), F.lit(2)).alias("_bucket"), "id", moment)


def test_the_newest_stretches_are_halved_down_to_the_least_rows(spark: SparkSession, tmp_path: Path) -> None:
    rows = rows_of(spark, 6_000)
    spread = newest_halved(rows, spread_of(6_000))
    # By a sketch, which is near enough.
    found = [bound / 1e6 for bound in spread.bounds]
    assert found == pytest.approx([2_000, 4_000, 5_000, 5_500, 5_750], abs=60)
    arranged = laid_out(rows, "_bucket", ["id"], spread)
    arranged.write.partitionBy("_bucket").parquet(str(tmp_path / "table"))
    files = spark.read.parquet(str(tmp_path / "table")).groupBy(F.input_file_name().alias("file"), "_bucket")
    told = files.agg(F.min("at").alias("first"), F.max("at").alias("last")).collect()
    assert len(told) == 2 * (len(spread.bounds) + 1)
    for bucket in (0, 1):
        stretches = sorted((each["first"], each["last"]) for each in told if each["_bucket"] == bucket)
        assert all(before[1] < after[0] for before, after in itertools.pairwise(stretches))
    for file in (tmp_path / "table").rglob("*.parquet"):
        ids = [row.id for row in spark.read.parquet(str(file)).collect()]
        assert ids == sorted(ids)


def test_rows_of_one_stretch_or_one_moment_are_not_divided(spark: SparkSession) -> None:
    assert newest_halved(rows_of(spark, 2_000), spread_of(2_000)).bounds == ()
    moment = rows_of(spark, 6_000).withColumn("at", F.timestamp_seconds(F.lit(5)))
    assert newest_halved(moment, spread_of(6_000)).bounds == (5_000_000,)


def test_the_hash_of_a_number_is_that_of_spark() -> None:
    # `SELECT hash(0), hash(1), hash(42)` in Spark.
    assert [spark_hash(number) for number in (0, 1, 42)] == [933211791, -559580957, 29417773]


@pytest.mark.parametrize(
    "spread",
    [
        Spread("at", 6_000, 2, bounds=(2_000_000_000, 4_000_000_000), rows_per_file=1_000),
        spread_of(6_000),
        Spread("at", 1_200, 2, rows_per_file=1_000),
        spread_of(10),
    ],
    ids=["bounds", "equal stretches", "buckets", "one file"],
)
def test_the_first_row_of_each_event_takes_one_shuffle_and_one_sort(spark: SparkSession, spread: Spread) -> None:
    once = rows_of(spark, 60).withColumn("known", F.lit(1)).localCheckpoint()
    twice = once.unionByName(once.where("id % 3 = 0").withColumn("known", F.lit(2))).localCheckpoint()
    firsts = first_laid_out(twice, "_bucket", ["id", "at"], "known", spread)
    plan = str(firsts._jdf.queryExecution().executedPlan())
    assert (plan.count("Exchange "), plan.count("Sort ")) == (0 if spread.count == 10 else 1, 1)
    assert sorted(map(tuple, firsts.collect())) == sorted(map(tuple, once.collect()))
