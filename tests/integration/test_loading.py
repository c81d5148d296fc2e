"""Loading a source's files: each once, rows counted to the last, what is held back can come in later, nothing is half done."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.loading import load, requeue, step_of

from tidegate import Csv, FeatureGroup, FeatureStep, FeatureStore, Field, JsonLines, Source, StateFiles, Wide, at_least
from tidegate.errors import (
    ChangedFilesError,
    DefinitionError,
    ExpectationFailedError,
    FolderChangedError,
    HeldBackError,
    MissingMomentError,
    NoFilesError,
)
from tidegate.expectations import Expectation, row_count
from tidegate.pipelines import load_batches, run_records
from tidegate.pipelines import loading as loading_module
from tidegate.quarantine.held_share import is_too_much
from tidegate.sources.folders import list_below
from tidegate.subjects.keyed_hash import SECRET_VARIABLE
from tidegate.subjects.table_map import MappedTable
from tidegate.tables.read import current_version

pytestmark = pytest.mark.slow

FIELDS = (
    Field("person", T.StringType(), "person"),
    Field("value", T.DoubleType(), "value"),
    Field("at", T.TimestampType(), "when"),
)
# Its files are mostly bad, on purpose.
FEED = Source("feed", FIELDS, Csv(), expectations=(at_least("value", 0),), may_hold_back=1.0)
GROUP = FeatureGroup("values", 1, ("person",), FIELDS[:2], "values")
HEADER = "person,value,at"


def to_group(rows: DataFrame) -> DataFrame:
    known = F.lit(None).cast("timestamp").alias("available_at")
    return rows.select("person", "value", F.col("at").alias("event_time"), known, "_origin")


def file(folder: Path, name: str, *lines: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join([HEADER, *lines]) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "feed"


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> FeatureStore:
    return FeatureStore(spark, str(tmp_path / "store"))


def load_of(folder: Path, source: Source = FEED, group: FeatureGroup = GROUP) -> FeatureStep:
    return step_of(source, group, str(folder), to_group)


def values(store: FeatureStore) -> dict[str, float | None]:
    return {row["person"]: row["value"] for row in store.read(GROUP).collect()}


def test_each_file_is_loaded_once_and_every_row_is_counted(store: FeatureStore, folder: Path) -> None:
    file(folder / "day=1", "a.csv", "a,1,2020-01-01T00:00:00Z", "b,none,2020-01-01T00:00:00Z", "c,-1,2020-01-01T00:00:00Z")
    file(folder, "_under_way.csv", "x,1,")
    planned = load(store, load_of(folder), dry_run=True)
    assert (planned.files, planned.rows, planned.accepted, planned.written) == (("day=1/a.csv",), 3, 1, ())
    assert store.quarantined(FEED).isEmpty()
    first = load(store, load_of(folder))
    assert first.summary.startswith("1 files, 3 rows: 1 accepted, 2 quarantined; 1 rows read, 1 inserted")
    file(folder, "b.csv", "a,2,2020-01-02T00:00:00Z")
    second = load(store, load_of(folder))
    assert (second.files, second.rows, second.written[0].inserted) == (("b.csv",), 1, 1)
    assert load(store, load_of(folder)).summary == "no new file"
    held = store.quarantined(FEED).orderBy("line").collect()
    assert [(row["row"], row["reasons"], row["file"], row["line"]) for row in held] == [
        ("b,none,2020-01-01T00:00:00Z", ["value: not a number"], "day=1/a.csv", 3),
        ("c,-1,2020-01-01T00:00:00Z", ["value >= 0"], "day=1/a.csv", 4),
    ]
    # Touched, and so perhaps another one.
    os.utime(folder / "b.csv", (1, 1))
    with pytest.raises(ChangedFilesError, match="b.csv"):
        load(store, load_of(folder))
    assert load(store, load_of(folder, replace(FEED, changed_files="reload"))).written[0].unchanged == 1


def test_immutable_groups_take_no_full_states(folder: Path) -> None:
    states = replace(FEED, contents=StateFiles(r"(\d{4}-\d{2}-\d{2})", "%Y-%m-%d"))
    with pytest.raises(DefinitionError, match="source 'feed' delivers full states, but feature group values_v1 is immutable"):
        load_of(folder, states, replace(GROUP, immutable=True))


def test_a_changed_or_vanished_file_is_said(store: FeatureStore, folder: Path) -> None:
    file(folder, "a.csv", "a,1,2020-01-01T00:00:00Z")
    file(folder, "b.csv", "b,1,2020-01-01T00:00:00Z")
    load(store, load_of(folder))
    file(folder, "a.csv", "a,1.5,2020-01-01T00:00:00Z")
    (folder / "b.csv").unlink()
    file(folder, "c.csv", "c,1,2020-01-01T00:00:00Z")
    with pytest.raises(ChangedFilesError, match=r"1 loaded file\(s\) changed: a.csv; 1 loaded file\(s\) gone: b.csv"):
        load(store, load_of(folder))
    assert set(values(store)) == {"a", "b"}
    lenient = replace(FEED, changed_files="reload", vanished_files="accept")
    again = step_of(
        lenient,
        GROUP,
        str(folder),
        lambda rows: to_group(rows).withColumn("available_at", F.lit(datetime(2021, 1, 1, tzinfo=UTC))),
    )
    result = load(store, again)
    assert (result.files, result.vanished) == (("a.csv", "c.csv"), ("b.csv",))
    assert values(store) == {"a": 1.5, "b": 1.0, "c": 1.0}


def test_an_empty_folder_and_one_that_is_not_there_are_named(store: FeatureStore, folder: Path) -> None:
    with pytest.raises(NoFilesError, match="source feed: there is no file under"):
        load(store, load_of(folder))


@pytest.mark.parametrize("killed_at", [(loading_module, "write_group"), (run_records, "record_files")])
def test_what_is_left_after_a_kill_is_done_by_the_next_run(
    store: FeatureStore, folder: Path, monkeypatch: pytest.MonkeyPatch, killed_at: tuple[object, str]
) -> None:
    file(folder, "a.csv", "a,1,2020-01-01T00:00:00Z", "b,none,2020-01-01T00:00:00Z")

    def kill(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(*killed_at, kill)
        with pytest.raises(KeyboardInterrupt):
            load(store, load_of(folder))
    file(folder, "c.csv", "c,1,2020-01-01T00:00:00Z")
    result = load(store, load_of(folder))
    assert (result.files, result.rows) == (("a.csv", "c.csv"), 3)
    assert values(store) == {"a": 1.0, "c": 1.0}
    assert store.quarantined(FEED).count() == 1


def test_files_that_change_while_they_are_read_are_not_taken(
    store: FeatureStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file(folder, "a.csv", "a,1,2020-01-01T00:00:00Z")
    read = loading_module.read_files

    def read_while_written(*arguments: object) -> object:
        found = read(*arguments)
        file(folder, "a.csv", "a,1,2020-01-01T00:00:00Z", "b,1,2020-01-01T00:00:00Z")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(loading_module, "read_files", read_while_written)
        with pytest.raises(FolderChangedError, match="a.csv changed while being read"):
            load(store, load_of(folder))
    assert load(store, load_of(folder)).accepted == 2


def test_an_expectation_stops_the_load_before_anything_is_written(store: FeatureStore, folder: Path) -> None:
    file(folder, "a.csv", "a,1,2020-01-01T00:00:00Z", "b,none,2020-01-01T00:00:00Z")
    strict = replace(FEED, expectations=(Expectation("not a", "person <> 'a'", "fail"),), batch_expectations=(row_count(2),))
    with pytest.raises(ExpectationFailedError) as caught:
        load(store, load_of(folder, strict))
    assert "number of rows: 1 rows; expected at least 2" not in str(caught.value)  # the row that breaks it is no accepted one
    assert "not a: 1 rows break it" in str(caught.value)
    assert store.quarantined(FEED).isEmpty()


def test_a_run_records_all_its_sources_at_once_and_what_was_loaded_before_another_source_failed(
    store: FeatureStore, folder: Path
) -> None:
    names = ("one", "two")
    sources = [replace(FEED, name=name, folder=str(folder / name), expectations=()) for name in names]
    steps = [FeatureStep(replace(GROUP, name=source.name), (source,), to_group) for source in sources]
    for name in names:
        file(folder / name, "a.csv", "a,1,2020-01-01T00:00:00Z")
    broken = replace(sources[1], expectations=(Expectation("not a", "person <> 'a'", "fail"),))
    with pytest.raises(ExpectationFailedError, match="not a"):
        store.run(steps[0], replace(steps[1], inputs=(broken,)))
    assert [load.files for load in store.run(*steps).loaded] == [(), ("a.csv",)]
    layout = store.handle.layout
    tables = (layout.source_files, layout.statistics, layout.loaded_until)
    before = [current_version(store.handle.spark, path) for path in tables]
    for name in names:
        file(folder / name, "b.csv", "b,1,2020-01-01T00:00:00Z")
    assert [load.files for load in store.run(*steps).loaded] == [("b.csv",), ("b.csv",)]
    assert [current_version(store.handle.spark, path) - version for path, version in zip(tables, before, strict=True)] == [
        1,
        1,
        1,
    ]


def test_requeue_lets_in_what_the_mended_source_can_read(store: FeatureStore, folder: Path) -> None:
    file(
        folder,
        "a.csv",
        "a,1,2020-01-01T00:00:00Z",
        "b,n/a,2020-01-01T00:00:00Z",
        "c,-1,2020-01-01T00:00:00Z",
        "d,x,2020-01-01T00:00:00Z",
    )
    load(store, load_of(folder))
    mended = load_of(folder, replace(FEED, format=Csv(nulls=("n/a",)), expectations=()))
    assert requeue(store, mended, dry_run=True).summary == "3 rows held back, 2 released, 1 stay"
    result = requeue(store, mended)
    assert (result.released, result.written.inserted) == (2, 2)
    assert values(store) == {"a": 1.0, "b": None, "c": -1.0}
    assert [row["row"] for row in store.quarantined(FEED).collect()] == ["d,x,2020-01-01T00:00:00Z"]
    assert requeue(store, mended).summary == "1 rows held back, 0 released, 1 stay"


def test_requeue_reads_the_cell_of_a_wide_table_and_the_line_of_json(store: FeatureStore, tmp_path: Path) -> None:
    (tmp_path / "wide").mkdir()
    (tmp_path / "wide" / "a.csv").write_text("when;x;y\nunit;m;m\n2020-01-01T00:00:00Z;1,5;n/a\n;;\n2020-01-02T00:00:00Z;;2\n")
    wide = Source("wide", FIELDS, Csv(separator=";", decimal=",", wide=Wide(fixed=("at",), header=("person", ""), value="value")))
    result = load(store, load_of(tmp_path / "wide", wide))
    assert (result.rows, result.quarantined) == (3, 1)
    assert store.quarantined(wide).first()["cells"] == {"person": "y", "value": "n/a", "at": "2020-01-01T00:00:00Z"}
    held = replace(wide, fields=(FIELDS[0], replace(FIELDS[1], type=T.StringType()), FIELDS[2]))
    number = F.when(F.col("value") == "n/a", -1.0)
    mended = step_of(held, GROUP, str(tmp_path / "wide"), lambda rows: to_group(rows).withColumn("value", number))
    assert requeue(store, mended).released == 1
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "a.jsonl").write_text('{"person":"z","value":1e400,"at":"2020-01-01T00:00:00Z"}\n')
    lines = Source("lines", FIELDS, JsonLines())
    assert load(store, load_of(tmp_path / "json", lines)).quarantined == 1
    text = replace(lines, fields=(FIELDS[0], replace(FIELDS[1], type=T.DoubleType()), FIELDS[2]))
    assert requeue(store, load_of(tmp_path / "json", text)).released == 0


def test_states_are_loaded_one_by_one_in_the_order_of_their_moments(store: FeatureStore, folder: Path) -> None:
    states = replace(FEED, contents=StateFiles())
    group = replace(GROUP, history="all")
    file(folder, "z_20200105T000000Z.csv", "a,1,2020-01-01T00:00:00Z", "b,1,2020-01-01T00:00:00Z")
    file(folder, "a_20200106T000000Z.csv", "b,2,2020-01-01T00:00:00Z")
    result = load(store, load_of(folder, states, group))
    assert [written.vanished for written in result.written] == [0, 1]
    assert [(row["person"], row["value"]) for row in store.read(group).collect()] == [("b", 2.0)]
    assert store.as_known(group, datetime(2020, 1, 5, tzinfo=UTC)).count() == 2
    file(folder, "latest.csv", "b,2,2020-01-01T00:00:00Z")
    with pytest.raises(MissingMomentError, match="no moment in the file name.s. latest.csv"):
        load(store, load_of(folder, states, group))


def test_a_person_who_cannot_be_read_is_kept_without_text(
    store: FeatureStore, folder: Path, monkeypatch: pytest.MonkeyPatch, spark: SparkSession
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    personal = replace(FEED, subject="person")
    group = replace(GROUP, subject="person")
    file(
        folder, "a.csv", "ada,none,2020-01-01T00:00:00Z", "grace,none,2020-01-01T00:00:00Z", "ada,1", "kay,1,2020-01-01T00:00:00Z"
    )
    load(store, load_of(folder, personal, group))
    held = {row["line"]: (row["row"], row["subject"]) for row in store.quarantined(personal).collect()}
    assert held == {
        2: ("ada,none,2020-01-01T00:00:00Z", "ada"),
        3: ("grace,none,2020-01-01T00:00:00Z", "grace"),
        4: (None, None),
    }
    assert MappedTable("quarantine/source_feed", "quarantine", ("subject",)) in store.tables()
    receipt = store.forget(spark.createDataFrame([("ada",)], "subject string"), "case 1")
    assert receipt.erased
    assert {row["line"] for row in store.quarantined(personal).collect()} == {3, 4}
    # Delivered again, she comes back neither to the table nor to the quarantine.
    file(folder, "b.csv", "ada,none,2020-01-02T00:00:00Z", "ada,2,2020-01-02T00:00:00Z", "grace,none,2020-01-02T00:00:00Z")
    again = load(store, load_of(folder, personal, group))
    assert (again.written[0].suppressed, again.written[0].inserted) == (1, 0)
    assert "ada" not in {row["subject"] for row in store.quarantined(personal).collect()}


def test_load_batches_names_a_batch_after_its_files_as_they_are(spark: SparkSession, folder: Path) -> None:
    file(folder, "a.csv", "a,1,")
    listed = list_below(spark, str(folder))
    empty = spark.createDataFrame([], "person string")
    first = load_batches.batch_of(FEED, listed, empty, None)
    os.utime(folder / "a.csv", (1, 1))
    assert load_batches.batch_of(FEED, list_below(spark, str(folder)), empty, None).id != first.id


def test_a_load_that_would_mostly_be_held_back_is_refused_whole(store: FeatureStore, folder: Path) -> None:
    """Next year's file of a publisher: decimal commas in quotes, and another header was put under the declared one."""
    strict = replace(FEED, may_hold_back=0.5)
    file(folder, "2020.csv", *[f"{row},2020-01-01T00:00:00Z" for row in ("a,1", "b,none", "f,1", "g,none")])
    # Half is not more than half.
    assert load(store, load_of(folder, strict)).quarantined == 2
    file(
        folder,
        "2021.csv",
        "Unit,kWh,UTC",
        'c,"1,5",2021-01-01T00:00:00Z',
        'd,"2,5",2021-01-01T00:00:00Z',
        "e,5,2021-01-01T00:00:00Z",
    )
    for dry_run in (True, False):
        with pytest.raises(HeldBackError) as refused:
            load(store, load_of(folder, strict), dry_run=dry_run)
    told = str(refused.value).splitlines()
    assert told[0].startswith(
        "source feed: 3 of 4 rows (75.0%) can't be read or break an expectation; at most 50% may be held back"
    )
    assert told[1:3] == [
        "  value: not a number: 3 rows, such as 2021.csv, line 2: Unit,kWh,UTC",
        "  at: not a time such as 2013-01-31T12:00:00Z: 1 rows, such as 2021.csv, line 2: Unit,kWh,UTC",
    ]
    assert values(store) == {"a": 1.0, "f": 1.0}
    assert store.quarantined(FEED).count() == 2
    # Of people no text is shown.
    with pytest.raises(HeldBackError, match=r"2021.csv, line 2: <personal values, not shown>") as hidden:
        load(store, load_of(folder, replace(strict, subject="person"), replace(GROUP, subject="person")), dry_run=True)
    assert "Unit" not in str(hidden.value)
    # No file counted as loaded: mended, the same one is loaded.
    mended = replace(strict, format=Csv(decimal=","))
    assert load(store, load_of(folder, mended)).summary.startswith("1 files, 4 rows: 3 accepted, 1 quarantined")


def test_a_group_that_would_hold_back_most_of_a_load_leaves_no_trace_of_it(store: FeatureStore, folder: Path) -> None:
    group = replace(GROUP, expectations=(at_least("value", 100),))
    file(folder, "a.csv", *[f"p{place},{place},2020-01-01T00:00:00Z" for place in range(4)], "x,none,2020-01-01T00:00:00Z")
    with pytest.raises(HeldBackError) as refused:
        load(store, load_of(folder, replace(FEED, may_hold_back=0.5), group))
    assert "feature group values_v1: 4 of 4 rows (100.0%)" in str(refused.value)
    assert "value >= 100: 4 rows, such as a.csv, line 2: person=p0, event_time=2020-01-01 00:00:00 UTC" in str(refused.value)
    assert store.quarantined(group).isEmpty()
    assert store.quarantined(FEED).isEmpty()
    assert load(store, load_of(folder, replace(FEED, may_hold_back=0.5), replace(group, may_hold_back=1.0))).files == ("a.csv",)
    assert store.quarantined(group).count() == 4


@pytest.mark.parametrize(("held", "rows", "share", "refused"), [
    (1, 1, 0.5, False), (1, 1, 0.0, False), (2, 2, 0.5, True), (1, 2, 0.5, False), (2, 3, 0.5, True), (2, 4, 0.5, False),
    (8_870, 8_870, 0.5, True), (8_870, 8_870, 1.0, False), (2, 1_000, 0.0, True), (0, 0, 0.5, False), (0, 9, 0.0, False),
])  # fmt: skip
def test_more_than_the_declared_share_is_too_much_but_never_a_single_row(
    held: int, rows: int, share: float, refused: bool
) -> None:
    assert is_too_much(held, rows, share) == refused
