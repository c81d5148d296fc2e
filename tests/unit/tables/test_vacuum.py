"""After a vacuum, a table's folder holds the files that its newest version needs, and no others."""

from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.delta_log.files import logged_files
from tidegate.tables.read import current_version, read_table
from tidegate.tables.vacuum import vacuum_table
from tidegate.tables.write import append_rows, delete_where

SCHEMA = T.StructType([T.StructField(name, T.LongType()) for name in ("id", "_bucket")])


def rows(spark: SparkSession, first: int, last: int) -> DataFrame:
    return spark.range(first, last, 1, 1).withColumn("_bucket", F.col("id") % 2)


def files_in(table: Path) -> set[str]:
    found = (file.relative_to(table).as_posix() for file in table.rglob("*") if file.is_file())
    return {name for name in found if not name.startswith("_delta_log")}


def test_vacuum_table_leaves_the_files_of_the_newest_version_also_of_partitions(spark: SparkSession, tmp_path: Path) -> None:
    table = tmp_path / "a table"
    create_table(spark, str(table), TableShape(SCHEMA, (), ("_bucket",), {"delta.enableDeletionVectors": "true"}))
    append_rows(rows(spark, 0, 4), str(table))
    old = files_in(table)
    append_rows(rows(spark, 4, 8), str(table))
    delete_where(spark, str(table), "id < 4", Commit(note={"removed": "half"}))
    # What a killed writer left, the change feed of an older version, and files that are no data.
    for name in ("part-0-left.parquet", "_bucket=7/part-1-left.parquet", "_change_data/cdc-2.parquet", "_other/note", ".hidden"):
        (table / name).parent.mkdir(exist_ok=True)
        (table / name).write_text("left")
    version = current_version(spark, str(table))
    vacuum_table(spark, str(table))
    needed = {file.path for file in logged_files(spark, str(table))}
    checksums = {f"{folder}/.{name}.crc" for folder, _, name in (each.rpartition("/") for each in needed)}
    assert len(needed) == 2
    assert files_in(table) == {*needed, *checksums, "_other/note", ".hidden"}
    assert not old & files_in(table)
    assert {row.id for row in read_table(spark, str(table)).collect()} == {4, 5, 6, 7}
    # Nothing is written into the log.
    assert current_version(spark, str(table)) == version

    # Delta's VACUUM knows which deletion vectors are needed.
    spark.sql(f"DELETE FROM delta.`{table}` WHERE id = 4")
    assert any(file.hidden for file in logged_files(spark, str(table)))
    vacuum_table(spark, str(table))
    assert {row.id for row in read_table(spark, str(table)).collect()} == {5, 6, 7}
