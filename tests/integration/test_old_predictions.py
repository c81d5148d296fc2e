"""A prediction table as commit c65a070 wrote it: its rows are kept as revision 0, also if the migration is killed."""

import tarfile
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.old_roots.definitions import DRIVERS, FIRST, LAST, ORDERS, RETURNS, RETURNS_VIEW, RIDERS, RIDES, RIDES_VIEW
from tests.predicting import made_by

from tidegate import FeatureStore
from tidegate.datasets.view_definition import view_definition
from tidegate.errors import RootFormatError
from tidegate.maintenance import prediction_rows
from tidegate.maintenance.definitions import Definitions
from tidegate.maintenance.migration import migrate_root
from tidegate.maintenance.prediction_rows import keep_all_predictions
from tidegate.predictions.columns import OUTPUT_COLUMNS
from tidegate.predictions.table import PredictionTable, recorded_key, recorded_outputs
from tidegate.predictions.write import write_predictions
from tidegate.subjects.keyed_hash import SECRET_VARIABLE
from tidegate.tables.create import STATISTICS_PROPERTY, TableShape, create_table, remove_table
from tidegate.tables.definitions import require_definitions
from tidegate.tables.format_file import write_format
from tidegate.tables.read import current_version, read_table, table_state
from tidegate.tables.store import Store
from tidegate.tables.write import append_rows, replace_rows

WAITS = PredictionTable("waits", ("ride_id",), ("rider_id", "driver_id"), outputs=("probability",))
KNOWN = Definitions((ORDERS, RETURNS, RIDERS, DRIVERS, RIDES), (RETURNS_VIEW, RIDES_VIEW), (WAITS,))
LINE = (
    "predictions/waits: add release, arm, model_name, model_version, feature_view, feature_view_version, code_version, "
    "estimator, served, absent_groups, why_not_predicted, revision"
)


SPAN = (FIRST, LAST)


class Killed(BaseException):
    """Ends a driver in the middle of its work."""


def killed(*_: object) -> None:
    raise Killed


@pytest.fixture
def old(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The root of format 2. Its other tables don't matter here: test_old_roots.py migrates all of them."""
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    with tarfile.open(Path(__file__).parents[1] / "old_roots" / "format_2.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return Store.open(spark, str(tmp_path / "root"))


def parquet_files(store: Store) -> set[str]:
    return {file.name for file in Path(store.layout.predictions("waits")).glob("*.parquet")}


def test_old_predictions_are_kept_as_served_rows_of_revision_0(old: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path, spark, migrate = old.layout.predictions("waits"), old.spark, partial(keep_all_predictions, KNOWN, old)
    # A carried column has the name of one of the new columns.
    stored = read_table(spark, path).withColumn("served", F.upper("rider_id")).localCheckpoint()
    replace_rows(stored.coalesce(1), path, {})
    rows = {row.ride_id: (row.rider_id, row.probability, row.scored_at, row.served) for row in stored.collect()}
    assert rows
    version, files = current_version(spark, path), parquet_files(old)
    assert migrate(dry_run=True) == [LINE]
    assert (current_version(spark, path), parquet_files(old)) == (version, files)

    # Killed between the new rows and the removal of the old files, which the next run does.
    with monkeypatch.context() as patched:
        patched.setattr(prediction_rows, "purge_deleted_rows", killed)
        with pytest.raises(Killed):
            migrate()
    assert parquet_files(old) > files
    assert migrate() == []
    assert not parquet_files(old) & files
    assert len(parquet_files(old)) == 1

    state = table_state(spark, path)
    assert (recorded_key(state), recorded_outputs(state)) == (("ride_id",), ("probability",))
    assert {*OUTPUT_COLUMNS} < {*state.schema.names}
    assert "`rider_id`" not in state.properties[STATISTICS_PROPERTY].split(",")
    found = read_table(spark, path).collect()
    assert {row.ride_id: (row.rider_id, row.probability, row.scored_at, row.served_) for row in found} == rows
    assert {(row.served, row.revision, row.release, row.code_version) for row in found} == {(True, 0, None, None)}


def test_a_root_of_format_5_goes_on_with_its_predictions(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    store = FeatureStore(spark, str(tmp_path / "root"))
    rides = spark.createDataFrame([("x1", "R1", "D7", 1, FIRST, None), ("x2", "R2", "D8", 0, FIRST, None)], RIDES.schema)
    store.write(RIDES, rides)
    require_definitions(store.handle, [view_definition(RIDES_VIEW)])
    path = store.layout.predictions("waits")

    def scored(view: str) -> DataFrame:
        rows = store.read(RIDES).select("ride_id", "rider_id", "driver_id", F.col("event_time").alias("prediction_time"))
        return rows.select("*", F.lit(0.5).alias("probability"), *made_by(view))

    def key_of(view: str) -> tuple[str, ...] | None:
        """Migrate the table as format 5 has it, made by a view, without the definition of the table."""
        as_before = scored(view).drop("served", "code_version").localCheckpoint()
        remove_table(spark, path)
        create_table(spark, path, TableShape(as_before.schema, WAITS.subjects))
        append_rows(as_before.coalesce(1), path)
        write_format(store.handle, 5)
        with pytest.raises(RootFormatError, match="has format 5, but this version of tidegate works with format 6. Migrate it"):
            FeatureStore(spark, store.layout.root).predictions("waits")
        assert migrate_root(store.handle, Definitions()) == [
            "predictions/waits: add code_version, served, absent_groups, why_not_predicted, revision"
        ]
        assert Path(store.layout.format).read_text() == "6\n"
        return recorded_key(table_state(spark, path))

    write_predictions(store.handle, WAITS, scored("rides"), SPAN)
    assert key_of("unknown") is None
    assert key_of("rides") == ("ride_id",)
    assert migrate_root(store.handle, Definitions()) == []
    # The next batch goes on from there, and `forget` reaches the old rows and the new ones.
    absent = F.lit(None).cast("array<string>").alias("absent_groups")
    rows = scored("rides").select("*", absent, F.lit(None).cast("string").alias("why_not_predicted"))
    written = write_predictions(store.handle, WAITS, rows.withColumn("probability", F.lit(0.6)), SPAN)
    assert (written.updated, written.inserted, written.unchanged) == (2, 0, 0)
    assert [row.revision for row in store.predictions("waits").collect()] == [1, 1]
    assert store.predictions("waits", history=True).count() == 4
    assert store.forget(spark.createDataFrame([("R1",)], "subject string"), "case-3").erased
    assert {row.rider_id for row in store.predictions("waits", history=True).collect()} == {"R2"}
