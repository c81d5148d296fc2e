"""Whom a table holds: after `forget` no table under the root has the people, and everybody else's rows are what they were.

One world of tables with every way in which a person gets into one: as the key, as a feature, as the second person of a row, under
another name, as text or number, in a row that was held back, in a column that only a view shows to name a person.
"""

import unicodedata
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.predicting import made_by
from tests.rides import (
    DRIVER,
    DRIVERS,
    FIRST,
    LAST,
    LATER,
    MONTH,
    NUMBER,
    OTHER,
    RIDES,
    RIDES_VIEW,
    TEXT,
    field,
    files_with,
    frame,
    holds,
    tables,
)

from tidegate import (
    FeatureChoice,
    FeatureGroup,
    FeatureStore,
    FeatureView,
    RowChoice,
    at_most,
)
from tidegate.pipelines.erasure import ErasureRequest, plan_erasure, run_erasure
from tidegate.predictions.table import PredictionTable
from tidegate.predictions.write import write_predictions
from tidegate.subjects.keyed_hash import SECRET_VARIABLE

# Sender and recipient of a parcel; a person can be both.
PARCELS = FeatureGroup(
    "parcels", 1, ("ride_id",),
    (field("ride_id"), field("sender"), field("recipient"), field("address"), field("weight", NUMBER)),
    "parcels", subject=("sender", "recipient"), personal=("address",),
)  # fmt: skip
RENAMED = {"sender": "who_sent", "recipient": "who_got", "address": "where_to"}
PARCELS_VIEW = FeatureView(
    "parcel", 1, RIDES, RIDES, ("late",), (FeatureChoice(PARCELS, ("weight", *RENAMED), MONTH, rename=RENAMED),)
)
TABLE = PredictionTable("waits", ("ride_id",), ("rider_id", "driver_id"))

PEOPLE = ("feature_groups", "training_datasets", "predictions", "quarantine")
# Each of them is in another place; nobody else is called like them.
FORGOTTEN = ("rider-7", "7700000000007", "sender-7", "recipient-7", "held-7", "both-7")


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
    scored = (
        store.read(RIDES)
        .selectExpr("ride_id", "rider_id", "driver_id", "event_time AS prediction_time", "0.5D AS probability")
        .select("*", *made_by())
    )
    write_predictions(store.handle, TABLE, scored, (FIRST, LAST))
    return store


def test_forgotten_people_are_in_no_table_and_everybody_else_is_as_before(spark: SparkSession, store: FeatureStore) -> None:
    before = {path: rows for path, rows in tables(spark, store).items() if path.startswith(PEOPLE)}
    assert len(before) == 7
    for person in FORGOTTEN:
        assert any(holds(row, person) for rows in before.values() for row in rows), person
    receipt = store.forget(spark.createDataFrame([(person,) for person in FORGOTTEN], "subject string"), "case-1")
    after = tables(spark, store)
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
    plan = plan_erasure(store.handle, request)
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
    receipt = run_erasure(store.handle, request)
    assert not [path for path in files_with(Path(store.layout.root), (str(gone),)) if "rides_v1" in path]
    assert planned == {
        (each.path, each.columns): each.rows_removed if each.declared else each.rows_remaining for each in receipt.tables
    }


def test_a_person_in_a_column_that_nobody_declared_or_in_a_source_is_named(spark: SparkSession, empty: FeatureStore) -> None:
    store = empty
    # Another case of letters, another type: what is called like a subject of some table is searched.
    notes = FeatureGroup("notes", 1, ("note",), (field("note"), field("Driver_Id"), field("text")), "notes")
    store.write(DRIVERS, frame(spark, DRIVERS, [(7007, 1), (7008, 2)], FIRST))
    store.write(notes, frame(spark, notes, [("n1", "7007", "x"), ("n2", "7008", "y")], FIRST))
    # The first write says the format in a new root, also without a command.
    assert Path(store.layout.format).read_text() == "6\n"
    landing = Path(store.layout.root) / "landing"
    landing.mkdir()
    (landing / "drivers.csv").write_text("7007,1\n")
    people = spark.createDataFrame([("7007",)], "subject string")
    receipt = store.forget(people, "case-1")
    assert (receipt.rows_removed, list(receipt.out_of_reach)) == (1, [f"{store.layout.root}/landing"])
    found = [(entry.path, entry.columns, entry.rows_remaining) for entry in receipt.tables if not entry.declared]
    assert (receipt.erased, found) == (False, [("feature_groups/notes_v1", ("Driver_Id",), 1)])
    store.delete(notes, RowChoice(spark.createDataFrame([("n1",)], "note string")), purge=True)
    again = store.forget(people, "case-1")
    assert (again.erased, again.rows_removed, [entry.declared for entry in again.tables]) == (True, 0, [True])
    assert [row.result for row in store.receipts().orderBy("started_at").collect()] == ["not erased", "erased"]


def test_an_identifier_inside_a_struct_an_array_or_a_map_is_found_and_named(spark: SparkSession, empty: FeatureStore) -> None:
    store = empty
    person = T.StructType([T.StructField("Driver_Id", NUMBER), T.StructField("stars", NUMBER)])
    # Type, a value with the person, one without, and the places that are searched: a map's keys name what is in it, too.
    kinds: dict[str, tuple[T.DataType, object, object, tuple[str, ...]]] = {
        "struct": (person, (DRIVER, 1), (OTHER, DRIVER), ("in.Driver_Id",)),
        "structs": (T.ArrayType(person), [(OTHER, 1), (DRIVER, 1), (DRIVER, 2)], [(OTHER, DRIVER)], ("in.Driver_Id",)),
        "deep": (
            T.ArrayType(T.MapType(TEXT, person)),
            [None, {"a": (DRIVER, 1)}],
            [{"a": None}],
            ("in.value.Driver_Id", "in.value.stars"),
        ),
        "map": (T.MapType(TEXT, TEXT), {"driver_id": str(DRIVER)}, {"other": str(DRIVER)}, ("in.value",)),
    }
    store.write(DRIVERS, frame(spark, DRIVERS, [(DRIVER, 1), (OTHER, 2)], FIRST))
    for name, (kind, with_person, without, _) in kinds.items():
        group = FeatureGroup(name, 1, ("k",), (field("k"), field("in", kind)), name)
        store.write(group, frame(spark, group, [("a", with_person), ("b", without), ("c", None)], FIRST))
    named = FeatureGroup("named", 1, ("k",), (field("k"), field("driver_id", T.ArrayType(TEXT))), "named")
    store.write(named, frame(spark, named, [("a", [str(DRIVER), None]), ("b", [str(OTHER)]), ("c", [])], FIRST))
    receipt = store.forget(spark.createDataFrame([(str(DRIVER),)], "subject string"), "case-1")
    found = {entry.path: (entry.columns, entry.rows_remaining) for entry in receipt.tables if not entry.declared}
    expected = {f"feature_groups/{name}_v1": (paths, 1) for name, (*_, paths) in kinds.items()}
    assert found == {**expected, "feature_groups/named_v1": (("driver_id",), 1)}
    assert not receipt.erased


@pytest.mark.parametrize("second_columns", [("bytes",), pytest.param((), marks=pytest.mark.evidence)], ids=["one", "all"])
def test_held_people_of_every_type_are_found_by_each_column_that_names_them(
    spark: SparkSession, empty: FeatureStore, second_columns: tuple[str, ...]
) -> None:
    store = empty
    day, moment = date(1970, 5, 17), datetime(1970, 5, 17, 10, 11, 12, 500_000, UTC)
    kinds: dict[str, tuple[T.DataType, object, str]] = {
        "bytes": (T.BinaryType(), bytearray(b"\xffperson\x00"), "ff706572736f6e00"),
        "readable": (T.BinaryType(), bytearray(b"person-7"), "person-7"),
        "day": (T.DateType(), day, "1970-05-17"),
        "moment": (T.TimestampType(), moment, "1970-05-17T10:11:12.5Z"),
        "clock": (T.TimestampNTZType(), moment.replace(tzinfo=None), "1970-05-17 10:11:12.5"),
        "double": (T.DoubleType(), 7.7e12, "7700000000000"),
        "decimal": (T.DecimalType(20, 4), Decimal("77.0000"), "077.0"),
        "text": (TEXT, 'Zoë "x" \\ /é', unicodedata.normalize("NFD", 'Zoë "x" \\ /é')),
        "padded": (TEXT, " padded-7 ", "padded-7"),
    }
    # All types are in one table. The first column names the rows held back; its type has a second column in every run.
    second = second_columns or kinds
    people = [(f"{column}_{name}", name) for name in kinds for column in ("who", "also") if column == "who" or name in second]
    fields = (field("k"), *[field(column, kinds[name][0]) for column, name in people], field("other"), field("n", NUMBER))
    subjects = tuple(column for column, _ in people)
    group = FeatureGroup(
        "typed", 1, ("k",), fields, "typed", subject=subjects, expectations=(at_most("n", 10),), may_hold_back=1.0
    )

    def row_of(key: str, named: str | None, name: str = "") -> tuple[object, ...]:
        return (key, *[kinds[name][1] if column == named else None for column, _ in people], "x", 99)

    rows = [row_of(column, column, name) for column, name in people]
    store.write(group, frame(spark, group, [*rows, row_of("nobody", None)], FIRST))
    # Bytes that are no text in a column of text stop neither the erasure nor a write.
    texts = FeatureGroup("people", 1, ("who",), (field("who"), field("n", NUMBER)), "people", subject="who")
    unreadable = frame(spark, texts, [("bad", 1), ("ann", 2)], FIRST)
    unreadable = unreadable.withColumn("who", F.expr("if(who = 'bad', cast(X'ff41' AS string), who)"))
    store.write(texts, unreadable)
    listed = spark.createDataFrame([(written,) for *_, written in kinds.values()] + [("ann",)], "subject string")
    receipt = store.forget(listed, "case-1")
    assert receipt.unmatched.people == 0
    assert store.quarantined(group).count() == 1
    assert (receipt.erased, receipt.rows_removed) == (True, len(people) + 1)
    again = store.write(texts, unreadable)
    assert (again.unchanged, again.suppressed) == (1, 1)
    back = [row_of(f"{column} again", column, name) for column, name in people]
    assert store.write(group, frame(spark, group, back, FIRST)).suppressed == len(people)
