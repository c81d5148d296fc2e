"""Roots of formats 2 and 3, made by the code of that time: refused, migrated also after a kill, and wrong receipts corrected."""

import tarfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F
from tests.old_roots.definitions import DRIVERS, FIRST, LAST, LATER, ORDERS, RETURNS, RETURNS_VIEW, RIDERS, RIDES, RIDES_VIEW
from tests.rows_as_text import rows_as_text

from tidegate import FeatureStore
from tidegate.errors import DefinitionError, RootFormatError
from tidegate.maintenance import first_loaded_until, group_names
from tidegate.maintenance.definitions import Definitions
from tidegate.maintenance.migration import migrate_root
from tidegate.maintenance.rebuilt_map import People, _input
from tidegate.maintenance.root_format import require_format
from tidegate.maintenance.several_subjects import entries_of_any_format
from tidegate.moments import utc_text
from tidegate.pipelines import amendment
from tidegate.pipelines.amendment import amend_erasures
from tidegate.predictions.columns import OUTPUT_COLUMNS
from tidegate.predictions.table import PredictionTable
from tidegate.quarantine.arrivals import ARRIVED_AT
from tidegate.subjects.keyed_hash import SECRET_VARIABLE
from tidegate.tables.create import table_exists
from tidegate.tables.read import current_version, read_table
from tidegate.tables.store import Store
from tidegate.tables.write import append_rows, replace_rows

ARCHIVES = Path(__file__).parents[1] / "old_roots"
KNOWN = Definitions(
    (ORDERS, RETURNS, RIDERS, DRIVERS, RIDES),
    (RETURNS_VIEW, RIDES_VIEW),
    (PredictionTable("waits", ("ride_id",), ("rider_id", "driver_id")),),
)
FORGOTTEN = ("C17", "ann@example.com", "D7")
# Where the old erasures left somebody.
LEFT = {
    "feature_groups/rides_v1": 1,
    "predictions/waits": 1,
    "quarantine/rides_v1": 1,
    "training_datasets/returns_v1": 1,
    "training_datasets/rides_v1": 1,
}


class Killed(BaseException):
    """Ends a driver in the middle of its work."""


@pytest.fixture
def opened(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Store]:
    """A function that unpacks an old root and opens it."""
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")

    def unpacked(name: str) -> Store:
        with tarfile.open(ARCHIVES / f"{name}.tar.xz") as archive:
            archive.extractall(tmp_path, filter="data")
        return Store.open(spark, str(tmp_path / "root"))

    return unpacked


@pytest.fixture
def handle(opened: Callable[[str], Store]) -> Store:
    return opened("format_2")


def rows_of_tables(handle: Store) -> dict[str, list[str]]:
    paths = [entry.path for entry in entries_of_any_format(handle)]
    there = [path for path in paths if table_exists(handle.spark, handle.layout.absolute(path))]
    # Format 3 gives rows that are held back the arrival of their batch, and format 6 gives predictions their provenance.
    added = [name for name in OUTPUT_COLUMNS if name not in ("prediction_time", "feature_table_versions", "scored_at")]
    return rows_as_text(handle.spark, handle.layout.root, there, leave_out=[ARRIVED_AT, *added])


def loads_of(path: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with each load of this table."""
    found: list[str] = []
    load = DataFrameReader.load

    def counted(reader: DataFrameReader, loaded: str | None = None, **more: str) -> DataFrame:
        found.extend([path] if loaded == path else [])
        return load(reader, loaded, **more)

    monkeypatch.setattr(DataFrameReader, "load", counted)
    return found


def held(rows: list[str]) -> int:
    return sum(any(person in row for person in FORGOTTEN) for row in rows)


@pytest.mark.parametrize(
    "disturbed", [False, pytest.param(True, marks=pytest.mark.evidence)], ids=["undisturbed", "killed, and amended again"]
)
def test_a_root_of_format_2_is_migrated_and_its_wrong_receipts_are_amended(
    handle: Store, monkeypatch: pytest.MonkeyPatch, disturbed: bool
) -> None:
    last = [partial(amend_erasures, KNOWN)]
    store = FeatureStore(handle.spark, handle.layout.root)
    for attempt in (store.tables, lambda: store.training_dataset(RIDES_VIEW, LAST, LAST)):
        with pytest.raises(RootFormatError, match="has format 2, but .* works with format 6. Migrate it.*--migrate"):
            attempt()
    before = rows_of_tables(handle)
    assert {"/".join(path.split("/")[:2]): held(rows) for path, rows in before.items() if held(rows)} == LEFT
    wrong = [row.erasure_id for row in read_table(handle.spark, handle.layout.receipts).orderBy("started_at").collect()]
    versions = {path: current_version(handle.spark, handle.layout.absolute(path)) for path in before}

    would = migrate_root(handle, KNOWN, dry_run=True, last=last)
    assert sum("rows of forgotten people" in line for line in would) == len(LEFT)
    assert any("with people in buyer" in line for line in would)
    assert {path: current_version(handle.spark, handle.layout.absolute(path)) for path in before} == versions
    assert not Path(handle.layout.format).exists()

    if disturbed:
        _kill_between_deletion_and_receipt(handle, monkeypatch)
    loaded = loads_of(handle.layout.receipts, monkeypatch)
    done = migrate_root(handle, KNOWN, last=last)
    assert "erased" in done[-1]
    # One read renames a column of the receipts, which a killed migration has already done, and one amends them.
    assert len(loaded) == (1 if disturbed else 2)
    require_format(handle)

    after = rows_of_tables(handle)
    for path, rows in before.items():
        others = Counter(row for row in rows if not any(person in row for person in FORGOTTEN))
        assert Counter(after[path]) == others, path
    # RIDERS and RETURNS have only rows that are known from their event_time.
    moments = {"riders_v1": FIRST, "returns_v1": LATER}
    assert moments.items() <= store.catalog.loaded_until([RIDERS, RETURNS, ORDERS]).items()
    receipts = store.receipts().orderBy("started_at").collect()
    assert [row.result for row in receipts] == ["erased", "erased", "not erased", "erased"]
    # A receipt lists those that it corrects in any order.
    amends = [sorted(row.amends or ()) for row in receipts]
    assert amends == [[], [], sorted(wrong), sorted([receipts[2].erasure_id, *wrong])]
    assert set(receipts[3].subject_hashes) == {hash_ for row in receipts[:2] for hash_ in row.subject_hashes}
    assert {entry.path.rsplit("/", 1)[0] for entry in receipts[3].tables} >= {"training_datasets/returns_v1", "quarantine"}

    if disturbed:
        _amend_again(store)


def _kill_between_deletion_and_receipt(handle: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill a migration after it deleted in the first tables: the root stays refused."""
    whole = amendment.erase_everywhere

    def killed(handle: Store, places: list, choose: object) -> None:
        whole(handle, places[:2], choose)  # type: ignore[arg-type]
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(amendment, "erase_everywhere", killed)
        with pytest.raises(Killed):
            migrate_root(handle, KNOWN, last=[partial(amend_erasures, KNOWN)])
    with pytest.raises(RootFormatError, match="has format 2"):
        require_format(handle)


def _amend_again(store: FeatureStore) -> None:
    handle = store.handle
    # Another program brings somebody back: a run that nobody disturbs corrects its own finding, too, and leaves nothing to do.
    drivers = handle.layout.feature_group(DRIVERS.full_name)
    others = read_table(handle.spark, drivers, current_version(handle.spark, drivers))
    append_rows(others.limit(1).withColumn("driver_id", F.lit("D7")), drivers)
    assert amend_erasures(KNOWN, handle)[0].startswith("feature_groups/drivers_v1: 1 rows of forgotten people")
    finding, amended = store.receipts().orderBy("started_at").collect()[-2:]
    assert (finding.result, amended.result) == ("not erased", "erased")
    assert finding.erasure_id in amended.amends
    assert amend_erasures(KNOWN, handle) == []


def test_a_root_of_format_3_is_migrated_also_after_a_kill(
    opened: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = opened("format_3")
    store, groups = FeatureStore(handle.spark, handle.layout.root), (ORDERS, RETURNS, RIDERS)
    with pytest.raises(RootFormatError, match="has format 3, but this version of tidegate works with format 6. Migrate it"):
        store.tables()
    runs = [row.outcome for row in read_table(handle.spark, handle.layout.runs).orderBy("at").collect()]
    assert runs == ["started", "succeeded"]
    renamed = [f"{path}: rename column outcome to result" for path in ("runs", "subjects/receipts")]
    # The log cuts the newest time to milliseconds.
    newest = dict(zip(groups, (LATER, LATER + timedelta(hours=5, milliseconds=123), FIRST), strict=True))
    recorded = [
        f"feature_groups/{group.full_name}: record that it is loaded until {utc_text(moment)}" for group, moment in newest.items()
    ]
    assert migrate_root(handle, KNOWN, dry_run=True) == [*renamed, *recorded]
    assert not table_exists(handle.spark, handle.layout.loaded_until)

    with monkeypatch.context() as patched:
        patched.setattr(first_loaded_until, "record_loaded_until", _kill)
        with pytest.raises(Killed):
            migrate_root(handle, KNOWN)
    with pytest.raises(RootFormatError, match="has format 3"):
        require_format(handle)
    assert migrate_root(handle, KNOWN) == recorded
    assert migrate_root(handle, KNOWN) == []

    assert Path(handle.layout.format).read_text() == "6\n"
    assert store.catalog.loaded_until(groups) == {group.full_name: moment for group, moment in newest.items()}
    assert [row.result for row in store.audit.runs().orderBy("at").collect()] == runs
    assert [row.result for row in store.receipts().collect()] == ["erased"]
    assert store.forget(handle.spark.createDataFrame([("C18",)], "subject string"), "case-2").erased
    assert [row.result for row in store.receipts().orderBy("started_at").collect()] == ["erased", "erased"]
    assert store.audit.runs().count() == 4


def test_a_group_stored_by_a_name_that_no_definition_takes_goes_on_by_another(
    handle: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        DefinitionError, match="For example: 'rides_eu'. If a table is already stored under such a name, .* --migrate renames"
    ):
        replace(RIDES, name="rides.eu")
    # As the code of that time stores it, which took any name.
    for folder in ("feature_groups", "quarantine"):
        (Path(handle.layout.root) / folder / "rides_v1").rename(Path(handle.layout.root) / folder / "rides.eu_v1")
    paths = F.regexp_replace("path", "^(feature_groups|quarantine)/rides_v1$", "$1/rides.eu_v1")
    replace_rows(
        read_table(handle.spark, handle.layout.table_map).withColumn("path", paths).localCheckpoint(), handle.layout.table_map, {}
    )
    stored = Counter(rows_of_tables(handle)["feature_groups/rides.eu_v1"])
    group = replace(RIDES, name="rides_eu")
    known = Definitions((ORDERS, RETURNS, RIDERS, DRIVERS, group), (RETURNS_VIEW,), ())
    said = {
        f"{folder}/rides.eu_v1: rename to {folder}/rides_eu_v1; define the feature group with the name 'rides_eu'"
        for folder in ("feature_groups", "quarantine")
    }
    assert said <= {*migrate_root(handle, known, dry_run=True)}

    # Killed after the folders moved: the map still says what is left to do.
    with monkeypatch.context() as patched:
        patched.setattr(group_names, "replace_rows", _kill)
        with pytest.raises(Killed):
            migrate_root(handle, known)
    assert said <= {*migrate_root(handle, known)}
    store = FeatureStore(handle.spark, handle.layout.root)
    paths_now = {table.path for table in store.tables()}
    assert paths_now >= {"feature_groups/rides_eu_v1", "quarantine/rides_eu_v1"}
    assert not [path for path in paths_now if "rides.eu" in path]
    assert Counter(rows_of_tables(handle)["feature_groups/rides_eu_v1"]) == stored
    assert store.read(group).count() == sum(stored.values())
    assert _input({"feature_groups/rides_eu_v1": People(("rider_id",))}, "rides.eu_v1") == People(("rider_id",))


def _kill(*_: object) -> None:
    raise Killed
