"""Rewriting a table from its own rows, while another writer commits."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.delta_log.files import DataFile, data_files, deepest_overlap
from tidegate.tables.read import file_count, read_table, table_history, table_property
from tidegate.tables.rewrite import NewShape, rearrange, reshape
from tidegate.tables.write import append_rows, delete_where

pytestmark = pytest.mark.slow

FIELDS = [T.StructField("part", T.IntegerType()), T.StructField("at", T.TimestampType()), T.StructField("value", T.IntegerType())]
SCHEMA = T.StructType(FIELDS)
WIDER = T.StructType([*FIELDS, T.StructField("more", T.IntegerType())])
PROPERTIES = {"delta.enableDeletionVectors": "false", "mine.own": "kept"}


def values(rows: DataFrame) -> list[int]:
    return sorted(row.value for row in rows.collect())


def frame(spark: SparkSession, *rows: tuple[int, int]) -> DataFrame:
    texts = [(part, f"2024-01-01 00:00:{value:02}", value) for part, value in rows]
    return spark.createDataFrame(texts, "part int, at string, value int").selectExpr("part", "timestamp(at) AS at", "value")


def test_rewrites_keep_what_another_writer_appends_meanwhile(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "table")
    create_table(spark, path, TableShape(SCHEMA, partitioned_by=("part",), properties=PROPERTIES))
    append_rows(frame(spark, (0, 1), (0, 2), (0, 3), (1, 4)).repartition(3, "value"), path)
    other = {file for file in read_table(spark, path).inputFiles() if "/part=1/" in file}
    assert len(other) == 1
    found = data_files(spark, path, "part", "at")
    assert sorted(file.partition for file in found).count("1") == 1
    assert sum(file.rows for file in found) == 4
    assert min(file.earliest or "" for file in found).startswith("2024-01-01T00:00:01")

    def meanwhile(rows: DataFrame) -> DataFrame:
        append_rows(frame(spark, (0, 9)).coalesce(1), path)
        return rows.coalesce(1).sortWithinPartitions("value")

    names = {file.path for file in found if file.partition == "0"}
    rearrange(spark, path, names, meanwhile, Commit(note={"why": "test"}))
    stored = read_table(spark, path)
    assert values(stored) == [1, 2, 3, 4, 9]
    assert file_count(spark, path) == 3
    assert other < set(stored.inputFiles())
    newest = table_history(spark, path, 1).select("userMetadata", "operationParameters").first()
    assert newest is not None
    assert newest.userMetadata == '{"why": "test"}'
    log = sorted((tmp_path / "table" / "_delta_log").glob("*.json"))[-1].read_text()
    assert '"dataChange":false' in log
    assert '"dataChange":true' not in log

    wider = NewShape(WIDER, ("more",), {"mine.new": "set"})
    read = []

    def overtaken(rows: DataFrame) -> DataFrame:
        if not read:
            append_rows(frame(spark, (0, 9)).coalesce(1), path)
        read.append(rows.count())
        return rows.selectExpr("*", "value % 2 AS more").coalesce(1)

    reshape(spark, path, overtaken, wider)
    assert read == [5, 6]
    stored = read_table(spark, path)
    assert values(stored) == [1, 2, 3, 4, 9, 9]
    assert values(stored.where("more = 1")) == [1, 3, 9, 9]
    assert file_count(spark, path) == 2
    assert {key: table_property(spark, path, key) for key in (*PROPERTIES, "mine.new")} == {**PROPERTIES, "mine.new": "set"}


def test_rewrite_brings_back_no_row_that_another_writer_took_meanwhile(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "table")
    create_table(spark, path, TableShape(SCHEMA, partitioned_by=("part",), properties=PROPERTIES))
    for part in (0, 1):
        append_rows(frame(spark, (part, part)).coalesce(1), path)
    names = {file.path: file.partition for file in data_files(spark, path, "part", "at")}
    seen = []

    def overtaken(rows: DataFrame) -> DataFrame:
        if not seen:
            delete_where(spark, path, "part = 0", Commit(note={"why": "test"}))
        seen.append(sorted(names[unquote(file[file.index("part=") :])] for file in rows.inputFiles()))
        return rows.coalesce(1)

    rearrange(spark, path, set(names), overtaken)
    assert seen == [["0", "1"], ["1"]]
    assert values(read_table(spark, path)) == [1]

    append_rows(frame(spark, (0, 5)).coalesce(1), path)
    read = []

    def overtaken_again(rows: DataFrame) -> DataFrame:
        if not read:
            delete_where(spark, path, "part = 1", Commit(note={"why": "test"}))
        read.append(rows.count())
        return rows.selectExpr("*", "0 AS more").coalesce(1)

    reshape(spark, path, overtaken_again, NewShape(WIDER, ("part",)))
    assert read == [2, 1]
    assert values(read_table(spark, path)) == [5]


def test_deepest_overlap_counts_the_files_that_hold_one_moment() -> None:
    def file(earliest: str | None, latest: str | None) -> DataFile:
        return DataFile("name", "0", 1, 0, earliest, latest)

    assert deepest_overlap([]) == 0
    assert deepest_overlap([file(None, None)] * 3) == 1
    assert deepest_overlap([file("1", "2"), file("3", "4"), file("5", "5")]) == 1
    assert deepest_overlap([file("1", "4"), file("2", "3"), file("3", "6"), file("5", "7")]) == 3
