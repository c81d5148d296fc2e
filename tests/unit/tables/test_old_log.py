"""After the older entries of a log are gone the table is as before, and nothing of what they said is left."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.errors import VersionGoneError
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.row_places import FILE, with_file
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.delete_found import delete_found, rows_by_file
from tidegate.tables.gone_files import reading_versions
from tidegate.tables.old_log import remove_old_log
from tidegate.tables.protect import protect_columns
from tidegate.tables.read import current_version, read_table, table_tokens
from tidegate.tables.vacuum import vacuum_table
from tidegate.tables.write import append_rows

SCHEMA = T.StructType([T.StructField("name", T.StringType()), T.StructField("value", T.LongType())])


def test_remove_old_log_leaves_the_table_and_no_value_of_what_was_deleted(spark: SparkSession, tmp_path: Path) -> None:
    path, log = str(tmp_path / "table"), tmp_path / "table" / "_delta_log"
    create_table(spark, path, TableShape(SCHEMA))
    append_rows(spark.createDataFrame([("ann-7d1f", 1), ("ben", 2)], SCHEMA).coalesce(1), path, Commit(token="first batch"))
    protect_columns(spark, path, ["name"])
    found = with_file(read_table(spark, path, 2)).where("name = 'ann-7d1f'").select(FILE, "name").localCheckpoint()
    delete_found(spark, path, found, rows_by_file(found))
    vacuum_table(spark, path)
    # The newest commit quotes the statistics of the file that it removed.
    assert "ann-7d1f" in (log / f"{current_version(spark, path):020d}.json").read_text()
    assert any("ann-7d1f" in file.read_text(errors="replace") for file in log.rglob("*.json"))

    version = current_version(spark, path) + 1
    assert remove_old_log(spark, path) >= version
    assert not [file for file in log.rglob("*") if file.is_file() and b"ann-7d1f" in file.read_bytes()]
    assert {int(file.name.lstrip(".")[:20]) for file in log.iterdir() if file.name.lstrip(".")[:20].isdigit()} == {version}
    append_rows(spark.createDataFrame([("cid", 3)], SCHEMA), path)
    assert {tuple(row) for row in read_table(spark, path).collect()} == {("ben", 2), ("cid", 3)}
    assert (current_version(spark, path), table_tokens(spark, path)) == (version + 1, ["first batch"])
    with pytest.raises(VersionGoneError), reading_versions("a dataset"):
        read_table(spark, path, 1).collect()
    # Again, as after a kill.
    remove_old_log(spark, path)
    assert remove_old_log(spark, path) == 0
    assert read_table(spark, path).count() == 2
