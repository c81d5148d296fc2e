"""Whom a table holds: after `forget` no table under the root has the people, and everybody else's rows are what they were.

One world of tables with every way in which a person gets into one: as the key, as a feature, as the second person of a row, under
another name, as text or number, in a row that was held back, in a column that only a view shows to name a person.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate import FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Field, RowChoice, at_most
from tidegate.pipelines.erasure import ErasureRequest, plan_erasure, run_erasure
from tidegate.predictions.write import PredictionTable, write_predictions
from tidegate.subjects.keyed_hash import SECRET_VARIABLE
from tidegate.tables.read import read_table

TEXT, NUMBER = T.StringType(), T.LongType()
MONTH = timedelta(days=30)
FIRST, LATER, LAST = (datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 20))


def field(name: str, kind: T.DataType = TEXT) -> Field:
    return Field(name, kind, name)


DRIVERS = FeatureGroup(
    "drivers", 1, ("driver_id",), (field("driver_id", NUMBER), field("stars", NUMBER)), "drivers", subject="driver_id"
)
# The driver is a person, too; only the view below shows it.
RIDES = FeatureGroup(
    "rides", 1, ("ride_id",),
    (field("ride_id"), field("rider_id"), field("driver_id", NUMBER), field("late", NUMBER)),
    "rides", subject="rider_id", expectations=(at_most("late", 1440),),
)  # fmt: skip
# Sender and recipient of a parcel; a person can be both.
PARCELS = FeatureGroup(
    "parcels", 1, ("ride_id",),
    (field("ride_id"), field("sender"), field("recipient"), field("address"), field("weight", NUMBER)),
    "parcels", subject=("sender", "recipient"), personal=("address",),
)  # fmt: skip
RIDES_VIEW = FeatureView("late", 1, RIDES, RIDES, ("late",), (FeatureChoice(DRIVERS, ("stars",), MONTH),))
RENAMED = {"sender": "who_sent", "recipient": "who_got", "address": "where_to"}
PARCELS_VIEW = FeatureView(
    "parcel", 1, RIDES, RIDES, ("late",), (FeatureChoice(PARCELS, ("weight", *RENAMED), MONTH, rename=RENAMED),)
)
TABLE = PredictionTable("waits", ("ride_id",), ("rider_id", "driver_id"))

PEOPLE = ("feature_groups", "training_datasets", "predictions", "quarantine")
# Each of them is in another place; nobody else is called like them.
FORGOTTEN = ("rider-7", "7700000000007", "sender-7", "recipient-7", "held-7", "both-7")


def frame(spark: SparkSession, group: FeatureGroup, rows: list[tuple[object, ...]], at: datetime) -> DataFrame:
    return spark.createDataFrame([(*row, at, None) for row in rows], group.schema)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeatureStore:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    store = FeatureStore(spark, str(tmp_path / "root"))
    riders = [f"rider-{n}" for n in range(10)] + ["both-7"]
    drivers = [7_700_000_000_000 + n for n in range(10)]
    store.write(DRIVERS, frame(spark, DRIVERS, [(driver, n) for n, driver in enumerate(drivers)], FIRST))
    rides = [(f"r{n}", riders[n % 11], drivers[n * 3 % 10], n) for n in range(11)]
    late = [("h1", "held-7", drivers[1], 9999), ("h2", "rider-1", drivers[7], 9999), ("h3", "rider-1", drivers[1], 9999)]
    store.write(RIDES, frame(spark, RIDES, [*rides, *late], LATER))
    people = [
        ("sender-7", "rider-1"),
        ("rider-2", "recipient-7"),
        ("both-7", "both-7"),
        ("rider-7", "rider-3"),
        ("rider-4", "rider-5"),
    ]
    parcels = [(f"r{n}", *people[n % 5], f"street of {'-'.join(people[n % 5])}", n) for n in range(11)]
    store.write(PARCELS, frame(spark, PARCELS, parcels, FIRST))
    for view in (RIDES_VIEW, PARCELS_VIEW):
        store.training_dataset(view, FIRST, LAST)
    scored = store.read(RIDES).selectExpr(
        "ride_id", "rider_id", "driver_id", "event_time AS prediction_time", "0.5D AS probability", "event_time AS scored_at"
    )
    write_predictions(spark, store.layout, TABLE, scored, (FIRST, LAST))
    return store


def tables(spark: SparkSession, store: FeatureStore) -> Iterator[tuple[str, list[str]]]:
    """Every Delta table under the root with its rows as text."""
    for log in Path(store.layout.root).rglob("_delta_log"):
        rows = read_table(spark, str(log.parent)).collect()
        yield log.parent.relative_to(store.layout.root).as_posix(), [json.dumps(row.asDict(True), default=str) for row in rows]


def holds(text: str, person: str) -> bool:
    return person in text.replace('\\"', '"')


def test_forgotten_people_are_in_no_table_and_everybody_else_is_as_before(spark: SparkSession, store: FeatureStore) -> None:
    before = {path: rows for path, rows in tables(spark, store) if path.startswith(PEOPLE)}
    assert len(before) == 7
    for person in FORGOTTEN:
        assert any(holds(row, person) for rows in before.values() for row in rows), person
    receipt = store.forget(spark.createDataFrame([(person,) for person in FORGOTTEN], "subject string"), "case-1")
    after = dict(tables(spark, store))
    assert {path for path, rows in after.items() if any(holds(row, person) for row in rows for person in FORGOTTEN)} == set()
    for path, rows in before.items():
        others = Counter(row for row in rows if not any(holds(row, person) for person in FORGOTTEN))
        assert Counter(after[path]) == others, path
    assert receipt.erased
    assert receipt.rows_removed == sum(map(len, before.values())) - sum(len(after[path]) for path in before)
    searched = {entry.path: set(entry.columns) for entry in receipt.tables}
    assert searched["feature_groups/rides_v1"] == {"rider_id", "driver_id"}
    assert searched["quarantine/rides_v1"] == {"subject", "row.rider_id", "row.driver_id"}
    assert [*files_with(Path(store.layout.root), FORGOTTEN)] == []

    # Nobody comes back: neither by the column that the group declares, nor by the one that the view showed.
    driver, gone = 7_700_000_000_001, 7_700_000_000_007
    again = [("n1", "rider-7", driver, 1), ("n2", "rider-1", gone, 1), ("n3", "rider-1", driver, 1)]
    written = store.write(RIDES, frame(spark, RIDES, again, LATER))
    assert (written.inserted, written.suppressed) == (1, 2)


def test_a_dry_run_counts_what_the_erasure_removes_also_by_views_that_were_never_used(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    store = FeatureStore(spark, str(tmp_path / "root"))
    # Its `driver_id` is called like a subject, and no definition says that it is one.
    notes = FeatureGroup(
        "notes", 1, ("note",), (field("note"), field("rider_id"), field("driver_id")), "notes", subject="rider_id"
    )
    gone, other = 7_700_000_000_007, 7_700_000_000_001
    store.write(DRIVERS, frame(spark, DRIVERS, [(gone, 1), (other, 2)], FIRST))
    rides = [
        ("r1", "rider-1", gone, 1),
        ("r2", "rider-1", other, 1),
        ("h1", "rider-1", gone, 9999),
        ("h2", "rider-1", other, 9999),
    ]
    store.write(RIDES, frame(spark, RIDES, rides, LATER))
    written = [("n1", str(gone), str(gone)), ("n2", "rider-1", str(gone)), ("n3", "rider-1", str(other))]
    store.write(notes, frame(spark, notes, written, FIRST))
    people = spark.createDataFrame([(str(gone),)], "subject string")
    files = {file: file.stat().st_mtime_ns for file in Path(store.layout.root).rglob("*") if file.is_file()}
    request = ErasureRequest(people, "case-1", views=(RIDES_VIEW,))
    plan = plan_erasure(spark, store.layout, request)
    assert {file: file.stat().st_mtime_ns for file in Path(store.layout.root).rglob("*") if file.is_file()} == files

    planned = {(each.table.path, each.places.names): each.rows for each in plan.impacts}
    assert planned == {
        ("feature_groups/drivers_v1", ("driver_id",)): 1,
        ("feature_groups/rides_v1", ("rider_id", "driver_id")): 1,
        ("quarantine/rides_v1", ("subject", "row.rider_id", "row.driver_id")): 1,
        ("feature_groups/notes_v1", ("rider_id",)): 1,
        ("feature_groups/notes_v1", ("driver_id",)): 1,
    }
    # Until the view shows its drivers, the log of the rides gets the smallest and the largest in each file.
    rides_log = "feature_groups/rides_v1/_delta_log/"
    assert any(path.startswith(rides_log) for path in files_with(Path(store.layout.root), (str(gone),)))
    receipt = run_erasure(spark, store.layout, request)
    assert not [path for path in files_with(Path(store.layout.root), (str(gone),)) if "rides_v1" in path]
    assert planned == {
        (each.path, each.columns): each.rows_removed if each.declared else each.rows_remaining for each in receipt.tables
    }


def files_with(root: Path, people: tuple[str, ...]) -> Iterator[str]:
    """Files of tables in which a person stands, columns of Parquet files decoded, anything else as text."""
    for file in root.rglob("*"):
        if file.suffix == ".parquet":
            text = json.dumps(pq.ParquetFile(file).read().to_pylist(), default=str)
        elif file.suffix == ".json":
            text = file.read_text()
        else:
            continue
        if any(holds(text, person) for person in people):
            yield file.relative_to(root).as_posix()


def test_a_person_in_a_column_that_nobody_declared_is_found_and_named(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    store = FeatureStore(spark, str(tmp_path / "root"))
    # Another case of letters, another type: what is called like a subject of some table is searched.
    notes = FeatureGroup("notes", 1, ("note",), (field("note"), field("Driver_Id"), field("text")), "notes")
    store.write(DRIVERS, frame(spark, DRIVERS, [(7007, 1), (7008, 2)], FIRST))
    store.write(notes, frame(spark, notes, [("n1", "7007", "x"), ("n2", "7008", "y")], FIRST))
    # The first write says the format in a new root, also without a command.
    assert Path(store.layout.format).read_text() == "3\n"
    people = spark.createDataFrame([("7007",)], "subject string")
    receipt = store.forget(people, "case-1")
    found = [(entry.path, entry.columns, entry.rows_remaining) for entry in receipt.tables if not entry.declared]
    assert (receipt.erased, found) == (False, [("feature_groups/notes_v1", ("Driver_Id",), 1)])
    store.delete(notes, RowChoice(spark.createDataFrame([("n1",)], "note string")), purge=True)
    again = store.forget(people, "case-1")
    assert (again.erased, [entry.declared for entry in again.tables]) == (True, [True])
    assert [row.outcome for row in store.receipts().orderBy("started_at").collect()] == ["not erased", "erased"]
