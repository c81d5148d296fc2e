from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Csv, Field, JsonLines, Source, at_least
from tidegate.sources.folders import ListedFile
from tidegate.sources.read_files import read_files
from tidegate.tables.checkpoint import checkpointed_wide

SETTING = "spark.sql.constraintPropagation.enabled"


def constraints(frame: DataFrame) -> int:
    """How much Spark knows of the rows that a plan starts from; it is carried through every plan above them."""
    leaves = frame._jdf.queryExecution().analyzed().collectLeaves()
    return sum(int(leaves.apply(number).constraints().size()) for number in range(leaves.size()))


def test_checkpointed_wide_keeps_rows_and_session_and_infers_nothing(spark: SparkSession) -> None:
    steps = spark.range(3).withColumn("a", F.col("id") + 1).withColumn("b", F.col("a") * 2)
    # What Spark itself would keep: were there nothing, the test would be of no use.
    assert constraints(steps.localCheckpoint(eager=False)) > 0
    kept = checkpointed_wide(steps)
    assert constraints(kept) == 0
    assert [tuple(row) for row in kept.orderBy("id").collect()] == [(0, 1, 2), (1, 2, 4), (2, 3, 6)]
    assert kept.sparkSession is spark
    assert kept._jdf.sparkSession().equals(spark._jsparkSession)
    assert spark.conf.get(SETTING) == "true"


def test_checkpointed_wide_is_computed_once(spark: SparkSession) -> None:
    kept = checkpointed_wide(spark.range(3).withColumn("random", F.rand()))
    assert sorted(kept.collect()) == sorted(kept.collect())


def test_files_of_many_columns_are_read_without_inferred_constraints(spark: SparkSession, tmp_path: Path) -> None:
    # With them, 27 columns take minutes: their number multiplies with each column.
    kinds = (T.StringType(), T.DoubleType(), T.TimestampType(), T.DateType())
    fields = tuple(Field(f"c{number}", kinds[number % 4], "a column") for number in range(8))
    values = ("x", "1.5", "2024-01-01T00:00:00Z", "2024-01-01") * 2
    texts = {
        "a.csv": f"{','.join(field.name for field in fields)}\n{','.join(values)}\n",
        "a.json": '{"c0": "x", "c1": 1.5, "c2": "2024-01-01T00:00:00Z"}\n',
    }
    for name, form in (("a.csv", Csv()), ("a.json", JsonLines())):
        file = tmp_path / name
        file.write_text(texts[name])
        source = Source("wide", fields, form, expectations=(at_least("c1", 0), at_least("c5", 0)))
        read = read_files(spark, source, str(tmp_path), [ListedFile(name, file.stat().st_size, 0)])
        assert read.rows.count() == 1
        assert constraints(read.rows) == 0
