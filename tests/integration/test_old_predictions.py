"""A prediction table as commit c65a070 wrote it: its rows are kept as revision 0, also if the migration is killed."""

import tarfile
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.old_roots.definitions import DRIVERS, FIRST, LAST, ORDERS, RETURNS, RETURNS_VIEW, RIDERS, RIDES, RIDES_VIEW
from tests.predicting import made_by

from tidegate import FeatureStore
from tidegate.errors import RootFormatError
from tidegate.maintenance import prediction_rows
from tidegate.maintenance.definitions import Definitions
from tidegate.maintenance.migration import migrate_root
from tidegate.maintenance.prediction_rows import keep_all_predictions
from tidegate.predictions.columns import OUTPUT_COLUMNS
from tidegate.predictions.table import PredictionTable, recorded_key, recorded_outputs
from tidegate.predictions.write import write_predictions
from tidegate.subjects.keyed_hash import SECRET_VARIABLE
from tidegate.tables.create import STATISTICS_PROPERTY
from tidegate.tables.format_file import write_format
from tidegate.tables.read import current_version, read_table, table_state
from tidegate.tables.store import Store
from tidegate.tables.write import replace_rows

WAITS = PredictionTable("waits", ("ride_id",), ("rider_id", "driver_id"), outputs=("probability",))
KNOWN = Definitions((ORDERS, RETURNS, RIDERS, DRIVERS, RIDES), (RETURNS_VIEW, RIDES_VIEW), (WAITS,))
LINE = (
    "predictions/waits: add release, arm, model_name, model_version, feature_view, feature_view_version, code_version, "
    "estimator, served, absent_groups, revision"
)


class Killed(BaseException):
    """Ends a driver in the middle of its work."""


def killed(*_: object) -> None:
    raise Killed


@pytest.fixture
def handle(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    with tarfile.open(Path(__file__).parents[1] / "old_roots" / "format_2.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return Store.open(spark, str(tmp_path / "root"))


def parquet_files(handle: Store) -> list[str]:
    return [file.name for file in Path(handle.layout.predictions("waits")).glob("*.parquet")]


def test_old_predictions_are_kept_as_served_rows_of_revision_0(handle: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path, spark = handle.layout.predictions("waits"), handle.spark
    # A carried column has the name of one of the new columns.
    old = read_table(spark, path).withColumn("served", F.upper("rider_id")).localCheckpoint()
    replace_rows(old.coalesce(1), path, {})
    rows = {row.ride_id: (row.rider_id, row.probability, row.scored_at, row.served) for row in old.collect()}
    assert rows
    version, files = current_version(spark, path), parquet_files(handle)
    would = migrate_root(handle, KNOWN, dry_run=True)
    assert [line for line in would if line.startswith("predictions/waits: add")] == [LINE]
    assert (current_version(spark, path), parquet_files(handle)) == (version, files)

    # Killed between the rows and the old files: the format is still the old one, and the next run removes the files.
    with monkeypatch.context() as patched:
        patched.setattr(prediction_rows, "purge_deleted_rows", killed)
        with pytest.raises(Killed):
            migrate_root(handle, KNOWN)
    with pytest.raises(RootFormatError, match="has format 2"):
        FeatureStore(spark, handle.layout.root).predictions("waits")
    assert set(parquet_files(handle)) > set(files)
    assert LINE not in migrate_root(handle, KNOWN)
    assert Path(handle.layout.format).read_text() == "6\n"
    assert not set(parquet_files(handle)) & set(files)
    assert len(parquet_files(handle)) == 1

    store, state = FeatureStore(spark, handle.layout.root), table_state(spark, path)
    assert (recorded_key(state), recorded_outputs(state)) == (("ride_id",), ("probability",))
    assert {*OUTPUT_COLUMNS} < {*state.schema.names}
    assert "`rider_id`" not in state.properties[STATISTICS_PROPERTY].split(",")
    found = store.predictions("waits").collect()
    assert {row.ride_id: (row.rider_id, row.probability, row.scored_at, row.served_) for row in found} == rows
    assert {(row.served, row.revision, row.release, row.code_version) for row in found} == {(True, 0, None, None)}

    # The next batch goes on from there, and carries no `served`.
    scored = old.select("ride_id", "rider_id", "driver_id", "prediction_time", "probability").select("*", *made_by("waits", LAST))
    scored = scored.withColumn("absent_groups", F.lit(None).cast("array<string>"))
    written = write_predictions(handle, WAITS, scored, (FIRST, LAST))
    # The old erasure of D7 did not look into `driver_id`.
    assert (written.updated, written.suppressed, written.inserted) == (1, 1, 0)
    kept = store.predictions("waits").where("driver_id <> 'D7'").collect()
    assert [(row.release, row.revision, row.served_) for row in kept] == [("by hand", 0, None)]
    both = store.predictions("waits", history=True).where("driver_id <> 'D7'")
    assert both.count() == 2
    assert store.forget(spark.createDataFrame([(kept[0].rider_id,)], "subject string"), "case-3").erased
    assert both.isEmpty()


def test_the_key_of_a_table_of_another_system_comes_from_the_views_that_made_its_rows(handle: Store) -> None:
    migrate_root(handle, KNOWN)
    store, path = FeatureStore(handle.spark, handle.layout.root), handle.layout.predictions("waits")
    store.training_dataset(RIDES_VIEW, FIRST, LAST)
    made = read_table(handle.spark, path).withColumns({"feature_view": F.lit("rides"), "feature_view_version": F.lit(1)})
    without = made.drop("served", "revision", "code_version").localCheckpoint()

    def key_of(view: str) -> tuple[str, ...] | None:
        handle.spark.sql(f"ALTER TABLE delta.`{path}` UNSET TBLPROPERTIES ('tidegate.entityKey', 'tidegate.outputs')")
        replace_rows(without.withColumn("feature_view", F.lit(view)).coalesce(1), path, {})
        write_format(handle, 5)
        migrate_root(handle, Definitions())
        return recorded_key(table_state(handle.spark, path))

    assert key_of("rides") == ("ride_id",)
    assert key_of("unknown") is None
    assert keep_all_predictions(Definitions(), handle) == []
