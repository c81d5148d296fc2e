"""Commits of our own make: rows appended, single rows marked as deleted, and what the log then tells of the files."""

from pathlib import Path

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.file_commit import can_mark_rows
from tidegate.tables.commits.row_places import FILE, PLACE, with_places
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.internals.own_log import OwnLog
from tidegate.tables.read import current_version, file_count, read_table, table_tokens
from tidegate.tables.rewrite import Copied, rearrange, replace_copied, replace_partitions
from tidegate.tables.write import append_rows, replace_marked

pytestmark = pytest.mark.slow

SCHEMA = T.StructType(
    [
        T.StructField("part", T.IntegerType()),
        T.StructField("at", T.TimestampType()),
        T.StructField("value", T.IntegerType()),
    ]
)


@pytest.fixture
def path(spark: SparkSession, tmp_path: Path) -> str:
    path = str(tmp_path / "table")
    shape = TableShape(SCHEMA, partitioned_by=("part",), properties={"delta.enableDeletionVectors": "true"})
    create_table(spark, path, shape)
    return path


def rows(spark: SparkSession, *values: int, part: int = 0) -> DataFrame:
    frame = spark.createDataFrame([(value,) for value in values], "value int").coalesce(1)
    return frame.selectExpr(f"{part} AS part", "timestamp_seconds(1704067200 + value) AS at", "value")


def values(frame: DataFrame) -> list[int]:
    return sorted(row.value for row in frame.select("value").collect())


def test_a_frame_at_a_version_stays_there_and_another_shows_the_newest(spark: SparkSession, path: str) -> None:
    append_rows(rows(spark, 1), path)
    fixed, newest = read_table(spark, path, 1), read_table(spark, path)
    append_rows(rows(spark, 2), path, Commit("second", {"why": "test"}))
    assert (values(fixed), values(newest), values(read_table(spark, path, 1))) == ([1], [1, 2], [1])
    assert table_tokens(spark, path) == ["second"]


def test_rows_of_other_columns_are_not_committed(spark: SparkSession, path: str) -> None:
    for wrong in (rows(spark, 1).drop("at"), rows(spark, 1).selectExpr("part", "at", "CAST(value AS BIGINT) AS value")):
        with pytest.raises(RuntimeError, match="rows of struct<"):
            append_rows(wrong, path)
    assert current_version(spark, path) == 0


def test_marked_rows_are_gone_and_a_file_without_others_with_them(
    spark: SparkSession, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_rows(rows(spark, *range(10)), path)
    append_rows(rows(spark, 20, 21, part=1), path)
    assert can_mark_rows(spark, path)

    def replace(condition: str, *new: int) -> list[int]:
        stored = with_places(read_table(spark, path, current_version(spark, path)))
        replace_marked(rows(spark, *new), path, stored.where(condition).select(FILE, PLACE))
        return values(read_table(spark, path, current_version(spark, path)))

    assert replace("value IN (3, 20)", 103) == [0, 1, 2, 4, 5, 6, 7, 8, 9, 21, 103]
    # Once more in a file that has marks already.
    assert replace("value IN (4, 103)", 104) == [0, 1, 2, 5, 6, 7, 8, 9, 21, 104]
    assert values(read_table(spark, path)) == [0, 1, 2, 5, 6, 7, 8, 9, 21, 104]
    # The file of 103 alone went whole.
    assert file_count(spark, path) == 3

    told = sorted(data_files(spark, path, "part", "at"), key=str)
    assert sorted((file.partition, file.rows, file.hidden) for file in told) == [("0", 1, 0), ("0", 10, 2), ("1", 2, 1)]
    monkeypatch.setattr(OwnLog, "listed_files", lambda _: None)
    assert sorted(data_files(spark, path, "part", "at"), key=str) == told


def test_files_are_written_anew_without_the_rows_that_go(spark: SparkSession, path: str) -> None:
    append_rows(rows(spark, *range(10)), path)
    append_rows(rows(spark, 20, 21, part=1), path)
    stored = with_places(read_table(spark, path, current_version(spark, path)))
    replace_marked(rows(spark, 103), path, stored.where("value = 3").select(FILE, PLACE))
    [large] = [file for file in data_files(spark, path, "part", "at") if file.rows == 10]

    def replace(condition: str, leaving: int) -> None:
        stored = with_places(read_table(spark, path, current_version(spark, path)))
        copied = Copied({large.path}, stored.where(condition).select(FILE, PLACE), leaving)
        replace_copied(spark, path, lambda kept: kept.unionByName(rows(spark, 104)).coalesce(1), copied)

    with pytest.raises(RuntimeError, match="9 rows were written, but 8 were expected"):
        replace("value = 4", 8)
    assert current_version(spark, path) == 3
    replace("value = 4", 9)
    assert values(read_table(spark, path)) == [0, 1, 2, 5, 6, 7, 8, 9, 20, 21, 103, 104]
    told = data_files(spark, path, "part", "at")
    assert sorted((file.partition, file.rows, file.hidden) for file in told) == [("0", 1, 0), ("0", 9, 0), ("1", 2, 0)]


def test_a_file_of_a_compaction_says_in_which_version_it_was_written(
    spark: SparkSession, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_rows(rows(spark, 1, 2, 3), path)
    append_rows(rows(spark, 4), path)
    [first] = [file for file in data_files(spark, path, "part", "at") if file.rows == 3]
    rearrange(spark, path, {first.path}, lambda kept: kept.coalesce(1))
    stored = with_places(read_table(spark, path, current_version(spark, path)))
    # A mark leaves the tag where it is.
    replace_marked(rows(spark, 5), path, stored.where("value = 1").select(FILE, PLACE))
    told = data_files(spark, path, "part", "at")
    assert sorted((file.rows, file.hidden, file.arranged_at) for file in told) == [(1, 0, 0), (1, 0, 0), (3, 1, 3)]
    monkeypatch.setattr(OwnLog, "listed_files", lambda _: None)
    assert sorted(data_files(spark, path, "part", "at"), key=str) == sorted(told, key=str)


def test_places_in_a_file_that_is_gone_commit_nothing(spark: SparkSession, path: str) -> None:
    append_rows(rows(spark, 1, 2), path)
    places = with_places(read_table(spark, path, 1)).where("value = 1").select(FILE, PLACE).localCheckpoint()
    replace_partitions(spark, path, rows(spark, 1, 2), ("part", [0]))
    with pytest.raises(Py4JJavaError):
        replace_marked(rows(spark, 3), path, places)
    assert current_version(spark, path) == 2
    assert values(read_table(spark, path)) == [1, 2]
