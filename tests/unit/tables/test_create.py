"""Creating a table, also where a driver was killed that was creating it."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.find import find_tables


@pytest.mark.parametrize("left", ["_staged_commits", ".00000000000000000000.json.6b1f.tmp"])
def test_what_a_killed_driver_left_of_a_new_table_is_no_table_and_no_hindrance(
    spark: SparkSession, tmp_path: Path, left: str
) -> None:
    log = tmp_path / "store" / "table" / "_delta_log"
    log.mkdir(parents=True)
    (log / left).touch() if left.endswith("tmp") else (log / left).mkdir()
    assert find_tables(spark, str(tmp_path)) == []
    path = str(log.parent)
    assert not table_exists(spark, path)
    assert create_table(spark, path, TableShape(spark.range(1).schema))
    assert find_tables(spark, str(tmp_path)) == ["store/table"]
    assert not create_table(spark, path, TableShape(spark.range(1).schema))


def test_ten_commits_need_no_checkpoint(spark: SparkSession, tmp_path: Path) -> None:
    create_table(spark, str(tmp_path), TableShape(spark.range(1).schema))
    for number in range(10):
        append_few(spark, str(tmp_path), [(number,)], spark.range(1).schema)
    assert spark.read.format("delta").load(str(tmp_path)).count() == 10
    assert list((tmp_path / "_delta_log").glob("*checkpoint*")) == []
