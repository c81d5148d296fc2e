"""Which Delta tables under a root are the store's own, a source's, or foreign, wherever they lie and however they are named."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tidegate.subjects.table_map import MappedTable, map_tables, mapped_tables
from tidegate.subjects.unmapped_tables import map_sources, tables_under_root
from tidegate.tables.find import below, find_tables
from tidegate.tables.store import Store


def made(folder: Path) -> Path:
    """A folder that looks like a Delta table: to tell tables apart, nothing in it is read."""
    (folder / "_delta_log").mkdir(parents=True)
    (folder / "_delta_log" / f"{0:020}.json").touch()
    return folder


def test_every_table_is_found_and_only_the_stores_own_are_writable(spark: SparkSession, tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "store", tmp_path / "elsewhere"
    store = Store.open(spark, str(root))
    own = ["feature_groups/people_v1", "feature_groups/rides_v1", "runs", "subjects/tables", "training_datasets/v_v1/0a1b"]
    foreign = [
        "a/b/c/d/e/f/deep",
        "copies/of_somebody",
        "feature_groups/rides_v1/copy",
        "linked",
        "mlflow/artifacts/1/2/artifacts/t",
    ]
    for path in (*own[:3], own[4], *foreign[:3], foreign[4], "landing/shop/feed", "landing/shop/a/b/c/d/feed", "feeds/daily/x"):
        made(root / path)
    made(root / "feature_groups/people_v1/_bucket=0/inside_a_partition")
    (root / "linked").symlink_to(made(elsewhere / "table"), target_is_directory=True)
    (root / "feeds" / "linked").symlink_to(elsewhere / "table", target_is_directory=True)
    (root / "round").symlink_to(root, target_is_directory=True)
    map_tables(store, [MappedTable(path, "kind", ("person",)) for path in (own[0], own[1], own[4])])
    assert set(tables_under_root(store).foreign) == {*foreign, "feeds/daily/x", "feeds/linked"}

    # Folders of sources, however they are written; the root, and what holds tables of the store, is none.
    map_sources(store, [f"file:{root}/feeds", str(root / "landing" / "shop"), str(root), str(root / "feature_groups")])
    map_sources(store, [str(elsewhere)])
    assert [table.path for table in mapped_tables(store) if table.kind == "source"] == ["feeds"]
    found = tables_under_root(store)
    assert (list(found.own), list(found.foreign)) == (own, foreign)
    # A foreign table lies in the folder of the rides: no file there may be removed.
    assert set(found.writable) == {*own} - {"feature_groups/rides_v1"}


@pytest.mark.parametrize(
    ("path", "relative"),
    [
        ("store", ""),
        ("store/", ""),
        ("store/a/b", "a/b"),
        ("alias/a", "a"),
        ("storehouse/a", None),
        ("other", None),
        ("store/away", "away"),
    ],
)
def test_a_path_below_the_root_is_recognised(spark: SparkSession, tmp_path: Path, path: str, relative: str | None) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "store")
    (tmp_path / "other").mkdir()
    # A folder elsewhere that is linked below the root lies there under the link's name.
    (tmp_path / "store" / "away").symlink_to(tmp_path / "other")
    for written in (str(tmp_path), f"file:{tmp_path}", f"file://{tmp_path}"):
        assert below(spark, str(tmp_path / "store"), f"{written}/{path}") == relative


def test_a_root_that_is_not_there_has_no_table(spark: SparkSession, tmp_path: Path) -> None:
    assert find_tables(spark, str(tmp_path / "nowhere")) == []
