"""Use once what every job uses (Delta, windows, CSV, Python workers, MLlib), so that the class archive gets these classes."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from delta.tables import DeltaTable
from pyspark.ml import Pipeline
from pyspark.ml.classification import GBTClassifier, LogisticRegression
from pyspark.ml.feature import Imputer, OneHotEncoder, StringIndexer, VectorAssembler
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from tidegate.session import build_session


def doubled(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
    """Return each value times two."""
    for batch in batches:
        yield batch * 2.0


def rows_of(spark: SparkSession, folder: Path) -> DataFrame:
    """Write lines of CSV and return them as typed rows."""
    lines = spark.range(200).selectExpr("concat_ws(',', id % 5, id, date_add(date'2024-01-01', int(id % 9)), id % 2) AS value")
    lines.write.mode("overwrite").text(str(folder / "lines"))
    read = spark.read.text(str(folder / "lines")).select(
        "_metadata.file_path", F.from_csv("value", "kind STRING, size STRING, day STRING, label STRING").alias("r")
    )
    typed = read.selectExpr(
        "r.kind",
        "try_cast(r.size AS double) AS size",
        "try_cast(r.day AS timestamp) AS at",
        "try_cast(r.label AS double) AS label",
    )
    newest = Window.partitionBy("kind").orderBy("at", "size").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return typed.withColumn("last", F.last(F.struct("size", "at"), ignorenulls=True).over(newest))


def use_delta(spark: SparkSession, rows: DataFrame, path: str) -> None:
    """Create a Delta table, append and merge rows, read a version and the history, and vacuum it."""
    DeltaTable.createIfNotExists(spark).location(path).addColumns(rows.schema).execute()
    kept = rows.localCheckpoint(eager=False)
    kept.write.format("delta").mode("append").save(path)
    for changes in (kept.where("size < 50").withColumn("label", F.lit(2.0)), kept.withColumn("size", F.col("size") + 1000)):
        merge = DeltaTable.forPath(spark, path).alias("s").merge(changes.alias("c"), "s.kind = c.kind AND s.size = c.size")
        merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()
    stored = spark.read.format("delta").option("versionAsOf", 1).load(path).where("at > timestamp'2024-01-02'")
    stored.join(F.broadcast(kept.select("kind").distinct()), "kind", "left_semi").groupBy("kind").count().collect()
    DeltaTable.forPath(spark, path).history(1).collect()
    DeltaTable.forPath(spark, path).vacuum(0)


def use_python(rows: DataFrame) -> None:
    """Send a column through Python workers."""
    rows.select(F.pandas_udf(doubled, "double")("size")).agg(F.sum("doubled(size)")).collect()


def use_mllib(rows: DataFrame) -> None:
    """Fit the same kinds of models as the examples."""
    shared = [
        StringIndexer(inputCol="kind", outputCol="index", handleInvalid="keep"),
        OneHotEncoder(inputCol="index", outputCol="vector"),
        Imputer(inputCols=["size"], outputCols=["filled"], strategy="median"),
        VectorAssembler(inputCols=["vector", "filled"], outputCol="features"),
    ]
    for estimator in (GBTClassifier(labelCol="label", maxIter=1), LogisticRegression(labelCol="label", maxIter=2)):
        Pipeline(stages=[*shared, estimator]).fit(rows).transform(rows).select("probability").collect()


def main() -> None:
    """Run all of it once in a temporary folder."""
    with TemporaryDirectory() as folder:
        spark = build_session("classes")
        rows = rows_of(spark, Path(folder))
        use_delta(spark, rows, f"{folder}/table")
        use_python(rows)
        use_mllib(rows)
        spark.stop()


if __name__ == "__main__":
    main()
