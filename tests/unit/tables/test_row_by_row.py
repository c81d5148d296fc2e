"""A transformation that makes each row from one row is told from one that looks at several."""

from collections.abc import Callable

import pytest
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from tidegate.tables.row_by_row import why_not_row_by_row

Transform = Callable[[DataFrame, DataFrame], DataFrame]


def doubled(frames: object) -> object:
    return frames


ONE_ROW: dict[str, Transform] = {
    "columns": lambda rows, other: rows.select("k", (F.col("v") * 2).alias("v")),
    "filter": lambda rows, other: rows.where("v > 1").withColumn("day", F.current_date()),
    "explode": lambda rows, other: rows.select("k", F.explode(F.array("v", "v"))),
    "python": lambda rows, other: rows.withColumn("w", F.udf(lambda value: value, "long")("v")),
    "two of each": lambda rows, other: rows.unionByName(rows.where("v > 1")),
    "order": lambda rows, other: rows.repartition(2, "k").sort("v").alias("a"),
    "looked up": lambda rows, other: rows.join(other, on="k", how="left"),
    "looked up behind": lambda rows, other: other.join(rows, on="k", how="right"),
    "present there": lambda rows, other: rows.join(other.groupBy("k").count(), on="k", how="left_semi"),
    "not in there": lambda rows, other: rows.join(other, on="k", how="left_anti"),
    "whether in there": lambda rows, other: rows.where(F.col("k").isin("a", "b")),
}
SEVERAL: dict[str, tuple[str, Transform]] = {
    "sums": ("Aggregate", lambda rows, other: rows.groupBy("k").agg(F.sum("v").alias("v"))),
    "window": ("Window", lambda rows, other: rows.withColumn("n", F.row_number().over(Window.partitionBy("k").orderBy("v")))),
    "distinct": ("Deduplicate", lambda rows, other: rows.dropDuplicates(["k"])),
    "different": ("Deduplicate", lambda rows, other: rows.distinct()),
    "first ones": ("Limit", lambda rows, other: rows.limit(1)),
    "sample": ("Sample", lambda rows, other: rows.sample(0.5)),
    "with itself": ("join", lambda rows, other: rows.alias("a").join(rows.alias("b"), on="k")),
    "with its sums": ("join", lambda rows, other: rows.join(rows.groupBy("k").agg(F.max("v").alias("m")), on="k")),
    "all of the other side": ("full outer join", lambda rows, other: rows.join(other, on="k", how="full")),
    "the other side": ("right outer join", lambda rows, other: rows.join(other, on="k", how="right")),
    "what it lacks": ("left anti join", lambda rows, other: other.join(rows, on="k", how="left_anti")),
    "rows of others": ("Union", lambda rows, other: rows.select("k").unionByName(other.select("k"))),
    "without others": ("Except", lambda rows, other: rows.select("k").subtract(other.select("k"))),
    "numbered": ("place of a row", lambda rows, other: rows.withColumn("n", F.monotonically_increasing_id())),
    "by batches": ("MapInPandas", lambda rows, other: rows.mapInPandas(doubled, rows.schema)),  # type: ignore[arg-type]
    "by groups": ("FlatMapGroupsInPandas", lambda rows, other: rows.groupBy("k").applyInPandas(doubled, rows.schema)),  # type: ignore[arg-type]
    "below a projection": (
        "Aggregate",
        lambda rows, other: rows.groupBy("k").agg(F.max("v").alias("v")).where("v > 1").select("v"),
    ),
    "in a subquery": ("subquery", lambda rows, other: rows.where(F.col("v") < rows.agg(F.max("v")).scalar())),
    "nothing of it": ("not made from", lambda rows, other: other),
    "collected": ("not made from", lambda rows, other: rows.sparkSession.createDataFrame([("a", 1)], rows.schema)),
}


@pytest.fixture
def rows(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("a", 1), ("b", 2)], "k string, v long").localCheckpoint(eager=False).where("v > 0")


@pytest.mark.parametrize("name", ONE_ROW)
def test_row_by_row(rows: DataFrame, name: str) -> None:
    other = rows.sparkSession.createDataFrame([("a", 5)], "k string, w long")
    assert why_not_row_by_row(ONE_ROW[name](rows, other), rows) is None


@pytest.mark.parametrize("name", SEVERAL)
def test_several_rows(rows: DataFrame, name: str) -> None:
    other = rows.sparkSession.createDataFrame([("a", 5)], "k string, w long")
    reason, transform = SEVERAL[name]
    found = why_not_row_by_row(transform(rows, other), rows)
    assert found is not None
    assert reason in found
