"""Found rows are deleted in the same way whether their files are rewritten or a MERGE deletes them."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.tables import delete_found
from tidegate.tables.commits.row_places import FILE, with_file
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.delta_log.files import logged_files
from tidegate.tables.read import read_table
from tidegate.tables.write import append_rows

SCHEMA = T.StructType(
    [T.StructField("a.name", T.StringType()), T.StructField("height", T.DoubleType()), T.StructField("n", T.LongType())]
)
ROWS = [("ann", 1.5, 1), ("ann", None, 2), ("ann", float("nan"), 3), ("ben", 1.5, 4), (None, None, 5), (None, 1.5, 6)]


@pytest.mark.parametrize("most", [delete_found.MOST_ROWS, 0], ids=["rewritten", "merged"])
def test_delete_found_deletes_the_found_rows_and_leaves_the_other_files_alone(
    spark: SparkSession, tmp_path: Path, most: int
) -> None:
    table = str(tmp_path / "table")
    create_table(spark, table, TableShape(SCHEMA, ("a.name",)))
    append_rows(spark.createDataFrame(ROWS, SCHEMA).coalesce(1), table)
    append_rows(spark.createDataFrame([("cid", 1.5, 7)], SCHEMA).coalesce(1), table)
    names = {file.path for file in logged_files(spark, table)}
    stored = with_file(read_table(spark, table, 2))
    if most:
        # Not all rows that equal the found one are found. So other rows would go too, and nothing is committed.
        one = stored.where("n = 1").select(FILE, "`a.name`").localCheckpoint()
        with pytest.raises(RuntimeError, match="3 rows were written, but 5 were expected"):
            delete_found.delete_found(spark, table, one, delete_found.rows_by_file(one))
    found = stored.where(F.col("`a.name`").eqNullSafe("ann") | (F.col("`a.name`").isNull() & F.col("height").isNull()))
    found = found.select(FILE, "`a.name`", "height").localCheckpoint()
    counts = delete_found.rows_by_file(found)
    assert [*counts.values()] == [4]
    delete_found.delete_found(spark, table, found, counts, most)
    assert {row.n for row in read_table(spark, table).collect()} == {4, 6, 7}
    kept = names & {file.path for file in logged_files(spark, table)}
    assert kept == names - {*counts}
