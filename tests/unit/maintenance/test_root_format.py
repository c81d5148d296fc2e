"""The format of a root: said by a file, or by its tables; and the migration from format 1."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStore, Field
from tidegate.errors import NewVersionNeededError, RootFormatError
from tidegate.feature_groups.storage import map_groups
from tidegate.maintenance.bucketing import migrate_table
from tidegate.maintenance.definitions import Definitions
from tidegate.maintenance.migration import migrate_root
from tidegate.maintenance.root_format import old_tables, require_format, root_format
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.read import current_version, read_table, table_property
from tidegate.tables.store import Store
from tidegate.tables.write import append_rows

FIELDS = (Field("person", T.StringType(), "who"), Field("score", T.IntegerType(), "points"))
KNOWN = FeatureGroup("known", 1, ("person",), FIELDS, "scores", subject="person", expected_rows=2_000_000)
FOREIGN = FeatureGroup("of_another_system", 1, ("person",), FIELDS, "scores", subject="person")
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
STATISTICS = "delta.dataSkippingStatsColumns"


def test_a_root_says_its_format_and_a_new_one_is_stamped_only_when_asked(spark: SparkSession, tmp_path: Path) -> None:
    store = Store.open(spark, str(tmp_path))
    require_format(store)
    assert not (tmp_path / "format").exists()
    require_format(store, stamp=True)
    assert (tmp_path / "format").read_text() == "6\n"
    assert root_format(store) == 6
    (tmp_path / "format").write_text("7\n")
    with pytest.raises(RootFormatError, match="has format 7, but .* works with format 6. A newer version of tidegate"):
        require_format(store)
    with pytest.raises(
        RootFormatError,
        match="has format 7, but this version of tidegate works with format 6. A newer version of tidegate made it",
    ):
        migrate_root(store, Definitions())
    (tmp_path / "format").write_text("two")
    with pytest.raises(RootFormatError, match="has format 'two'"):
        root_format(store)


@pytest.mark.slow
def test_a_root_of_format_1_is_migrated_also_after_a_kill(spark: SparkSession, tmp_path: Path) -> None:
    store = FeatureStore(spark, str(tmp_path))
    rows = spark.createDataFrame([(f"p{n}", n, NOON, NOON) for n in range(8)], KNOWN.schema)
    for group in (KNOWN, FOREIGN):
        path = store.layout.feature_group(group.full_name)
        create_table(spark, path, TableShape(group.schema, group.personal_columns))
        append_rows(rows.coalesce(1), path)
    known, foreign = (store.layout.feature_group(group.full_name) for group in (KNOWN, FOREIGN))
    statistics = table_property(spark, known, STATISTICS)
    assert statistics is not None
    both = [f"feature_groups/{name}_v1: add buckets and tombstones" for name in ("known", "of_another_system")]
    assert (root_format(store.handle), migrate_root(store.handle, Definitions(), dry_run=True)) == (1, both)
    with pytest.raises(RootFormatError, match="has format 1.*maintain.py --system SYSTEM --root ROOT --migrate"):
        require_format(store.handle, stamp=True)
    with pytest.raises(RootFormatError, match="has format 1.*--migrate"):
        store.write(KNOWN, rows)
    with pytest.raises(NewVersionNeededError, match="--migrate"):
        map_groups(store.handle, [KNOWN])

    # A driver that is killed between two tables leaves this: one migrated, and no file that says so.
    migrate_table(spark, known, KNOWN)
    assert root_format(store.handle) == 1
    assert not (tmp_path / "format").exists()
    assert migrate_root(store.handle, Definitions((KNOWN,))) == [
        *both[1:],
        "feature_groups/known_v1: enter into the map of subjects, with people in person",
        *[
            f"feature_groups/{name}_v1: record that it is loaded until 2024-01-01T12:00:00Z"
            for name in ("known", "of_another_system")
        ],
    ]
    require_format(store.handle)
    assert ((tmp_path / "format").read_text(), old_tables(store.handle)) == ("6\n", [])
    assert migrate_root(store.handle, Definitions()) == []

    for group, path, buckets in ((KNOWN, known, 2), (FOREIGN, foreign, 1)):
        assert_df_equality(store.read(group), rows, ignore_row_order=True, ignore_nullable=True)
        assert table_property(spark, path, "tidegate.buckets") == str(buckets)
        assert read_table(spark, path).select("_bucket").distinct().count() == buckets
        assert table_property(spark, path, STATISTICS) == statistics
        version = current_version(spark, path)
        again = store.write(group, rows)
        assert (again.unchanged, again.table_version) == (8, version)
