from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tidegate.hadoop import is_local, is_relative, scheme_of
from tidegate.tables.store import Store


@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}"])
def test_open_finds_a_root_on_this_machine_whatever_its_form(spark: SparkSession, tmp_path: Path, form: str) -> None:
    root = form.format(tmp_path)
    store = Store.open(spark, root)
    assert (store.is_local, store.layout.root) == (True, root)


@pytest.mark.parametrize("root", ["data/shop", Path("shop"), "a b"])
def test_open_takes_a_relative_root_for_one_in_the_current_folder(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str | Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Store.open(spark, root).layout.root == str(tmp_path / root)


@pytest.mark.parametrize("root", ["hdfs://host/x", "hdfs:/x", "viewfs:/x", "s3a://bucket/x", "gs://bucket/x", "abfss://c@a/x"])
def test_open_finds_a_root_elsewhere_without_opening_its_file_system(spark: SparkSession, root: str) -> None:
    store = Store.open(spark, root)
    assert (store.is_local, store.layout.root) == (False, root)


def test_open_asks_hadoop_where_a_root_without_a_scheme_lies(spark: SparkSession, hdfs_by_default: str, tmp_path: Path) -> None:
    store = Store.open(spark, "/x")
    assert (store.is_local, store.layout.root) == (False, f"{hdfs_by_default}/x")
    assert Store.open(spark, f"file:{tmp_path}").is_local


def test_is_local_and_the_lock_of_a_table_agree(spark: SparkSession, hdfs_by_default: str) -> None:
    assert scheme_of(spark, "/x/table") == "hdfs"
    assert not is_local(spark, "/x/table")
    assert is_local(spark, "file:/x/table")


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("feed", True),
        ("feed/a b", True),
        ("/feed", False),
        ("file:/feed", False),
        ("s3a://feed/shop", False),
        ("hdfs:/feed", False),
    ],
)
def test_is_relative_is_true_for_a_folder_that_needs_another_before_it(spark: SparkSession, folder: str, expected: bool) -> None:
    assert is_relative(spark, folder) is expected
