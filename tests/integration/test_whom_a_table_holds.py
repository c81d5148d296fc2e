"""Whom a table holds: after `forget` no table under the root has the people, and everybody else's rows are what they were.

One world of tables with every way in which a person gets into one: as the key, as a feature, as the second person of a row, under
another name, as text or number, in a row that was held back, in a column that only a view shows to name a person.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.rows_as_text import rows_as_text

from tidegate import (
    Csv,
    FeatureChoice,
    FeatureGroup,
    FeatureStore,
    FeatureView,
    Field,
    Loading,
    RowChoice,
    Source,
    at_most,
)
from tidegate.pipelines.erasure import ErasureRequest, plan_erasure, planned_erasure, run_erasure
from tidegate.predictions.write import PredictionTable, write_predictions
from tidegate.subjects.keyed_hash import SECRET_VARIABLE

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


def tables(spark: SparkSession, store: FeatureStore) -> dict[str, list[str]]:
    """Every Delta table under the root with its rows as text."""
    logs = Path(store.layout.root).rglob("_delta_log")
    return rows_as_text(spark, store.layout.root, [log.parent.relative_to(store.layout.root).as_posix() for log in logs])


def holds(text: str, person: str) -> bool:
    return person in text.replace('\\"', '"')


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


TIPS = FeatureGroup("tips", 1, ("ride_id",), (field("ride_id"), field("tip", NUMBER)), "tips")
# The definition of RIDES declares the rider alone; only RIDES_VIEW shows that `driver_id` names people.
TIPS_VIEW = FeatureView(
    "tip", 1, TIPS, TIPS, ("tip",),
    (FeatureChoice(RIDES, ("late", "driver_id", "rider_id"), MONTH, rename={"driver_id": "chauffeur", "rider_id": "guest"}),),
)  # fmt: skip
WAITS_VIEW = FeatureView("wait", 1, RIDES, RIDES, ("late",), (FeatureChoice(TIPS, ("tip",), MONTH, may_lack=1.0),))
DRIVER, OTHER = 7_700_000_000_007, 7_700_000_000_001


@pytest.fixture
def empty(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeatureStore:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    return FeatureStore(spark, str(tmp_path / "root"))


def test_what_another_view_shows_of_a_column_holds_for_all_that_was_made_of_it(spark: SparkSession, empty: FeatureStore) -> None:
    store = empty
    store.write(DRIVERS, frame(spark, DRIVERS, [(DRIVER, 1), (OTHER, 2)], FIRST))
    store.write(RIDES, frame(spark, RIDES, [("r1", "ann", DRIVER, 1), ("r2", "bob", OTHER, 1)], FIRST))
    store.write(TIPS, frame(spark, TIPS, [("r1", 1), ("r2", 2)], LATER))
    store.training_dataset(TIPS_VIEW, FIRST, LAST)
    store.training_dataset(WAITS_VIEW, FIRST, LAST)
    scored = store.read(RIDES).selectExpr(
        "ride_id", "driver_id", "event_time AS prediction_time", "0.5D AS probability", "'wait' AS feature_view",
        "1 AS feature_view_version", "event_time AS scored_at",
    )  # fmt: skip
    write_predictions(spark, store.layout, PredictionTable("waits", ("ride_id",)), scored, (FIRST, LAST))
    # From now on it is known, and another dataset is made of the first view.
    store.training_dataset(RIDES_VIEW, FIRST, LAST)
    store.training_dataset(TIPS_VIEW, FIRST, LAST + MONTH)
    known = [table.subject_columns for table in store.tables() if table.path.startswith("training_datasets/tip_v1/")]
    assert sorted(known) == [("guest",), ("guest", "chauffeur")]
    people = spark.createDataFrame([(str(DRIVER),)], "subject string")
    planned = {
        impact.table.path: impact.rows for impact in planned_erasure(spark, store.layout, ErasureRequest(people, "case-1"))
    }
    receipt = store.forget(people, "case-1")
    assert receipt.erased
    assert {entry.path: entry.rows_removed for entry in receipt.tables} == planned
    assert list(planned.values()) == [1] * 6
    left = {path for path, rows in tables(spark, store).items() if any(str(DRIVER) in row for row in rows)}
    assert left == set()
    again = write_predictions(
        spark, store.layout, PredictionTable("waits", ("ride_id",)), scored_again(spark, scored), (FIRST, LAST)
    )
    assert again.suppressed == 1


def scored_again(spark: SparkSession, scored: DataFrame) -> DataFrame:
    row = ("r1", DRIVER, FIRST, 0.5, "wait", 1, FIRST)
    return spark.createDataFrame([row], scored.schema)


def test_who_came_in_by_a_column_that_a_view_shows_later_goes_then(spark: SparkSession, empty: FeatureStore) -> None:
    store = empty
    store.write(DRIVERS, frame(spark, DRIVERS, [(DRIVER, 1), (OTHER, 2)], FIRST))
    assert store.forget(spark.createDataFrame([(str(DRIVER),)], "subject string"), "case-1").erased
    rides = [("r1", "ann", DRIVER, 1), ("r2", "bob", OTHER, 1), ("h1", "ann", DRIVER, 9999), ("h2", "ann", OTHER, 9999)]
    assert store.write(RIDES, frame(spark, RIDES, rides, LATER)).inserted == 2
    store.training_dataset(RIDES_VIEW, FIRST, LAST)
    assert {path for path, rows in tables(spark, store).items() if any(str(DRIVER) in row for row in rows)} == set()
    assert (store.read(RIDES).count(), store.quarantined(RIDES).count()) == (1, 1)
    assert [path for path in files_with(Path(store.layout.root), (str(DRIVER),)) if "rides_v1/_delta_log" not in path] == []


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


def test_held_people_of_every_type_are_found_by_each_column_that_names_them(spark: SparkSession, empty: FeatureStore) -> None:
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
    groups = []
    for name, (kind, value, _) in kinds.items():
        fields = (field("k"), field("who", kind), field("other"), field("also", kind), field("n", NUMBER))
        rules = (at_most("n", 10),)
        groups.append(FeatureGroup(name, 1, ("k",), fields, name, subject=("who", "also"), expectations=rules, may_hold_back=1.0))
        rows = [("a", value, "x", None, 99), ("b", None, "x", value, 99), ("c", None, "x", None, 99)]
        store.write(groups[-1], frame(spark, groups[-1], rows, FIRST))
    people = spark.createDataFrame([(written,) for *_, written in kinds.values()], "subject string")
    receipt = store.forget(people, "case-1")
    assert receipt.unmatched.people == 0
    assert {group.name: store.quarantined(group).count() for group in groups} == dict.fromkeys(kinds, 1)
    assert (receipt.erased, receipt.rows_removed) == (True, 2 * len(kinds))
    again = [store.write(group, frame(spark, group, [("a", None, "x", kinds[group.name][1], 99)], FIRST)) for group in groups]
    assert [result.suppressed for result in again] == [1] * len(kinds)


def test_bytes_that_are_no_text_stop_neither_an_erasure_nor_a_write(spark: SparkSession, empty: FeatureStore) -> None:
    store = empty
    group = FeatureGroup("people", 1, ("who",), (field("who"), field("n", NUMBER)), "people", subject="who")
    rows = frame(spark, group, [("bad", 1), ("ann", 2)], FIRST)
    rows = rows.withColumn("who", F.expr("if(who = 'bad', cast(X'ff41' AS string), who)"))
    store.write(group, rows)
    receipt = store.forget(spark.createDataFrame([("ann",)], "subject string"), "case-1")
    assert (receipt.erased, receipt.rows_removed) == (True, 1)
    again = store.write(group, rows)
    assert (again.unchanged, again.suppressed) == (1, 1)


def test_a_receipt_names_the_sources_under_the_root_as_out_of_reach(spark: SparkSession, empty: FeatureStore) -> None:
    store = empty
    store.write(DRIVERS, frame(spark, DRIVERS, [(DRIVER, 1)], FIRST))
    landing = Path(store.layout.root) / "landing"
    landing.mkdir()
    (landing / "drivers.csv").write_text(f"{DRIVER},1\n")
    receipt = store.forget(spark.createDataFrame([(str(DRIVER),)], "subject string"), "case-1")
    assert list(receipt.out_of_reach) == [f"{store.layout.root}/landing"]


def test_a_line_that_a_source_holds_back_keeps_no_text_of_a_person_whom_only_a_view_shows(
    spark: SparkSession, empty: FeatureStore, tmp_path: Path
) -> None:
    store, folder = empty, tmp_path / "rides"
    folder.mkdir()
    source = Source("rides", (*RIDES.fields, field("event_time", T.DateType())), Csv(), subject="rider_id", may_hold_back=1.0)
    times = {"event_time": F.col("event_time").cast("timestamp"), "available_at": F.lit(None).cast("timestamp")}
    loading = Loading(source, RIDES, str(folder), lambda rows: rows.withColumns(times))
    header = "ride_id,rider_id,driver_id,late,event_time"
    store.write(DRIVERS, frame(spark, DRIVERS, [(DRIVER, 1), (OTHER, 2)], FIRST))
    (folder / "1.csv").write_text(f"{header}\nr1,ann,{OTHER},1,2024-01-02\n")
    store.load(loading)
    store.training_dataset(RIDES_VIEW, FIRST, LAST)
    (folder / "2.csv").write_text(f"{header}\nr2,ann,{DRIVER},much,2024-01-02\n")
    assert store.load(loading).quarantined == 1
    assert [row.row for row in store.quarantined(source).collect()] == [None]
