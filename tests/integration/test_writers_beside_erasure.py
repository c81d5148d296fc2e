"""A person is forgotten while writers of every kind are under way: nothing of the person is left, and the writers' counts say so.

Each writer is held between the moment at which it judged its rows and its commit, by an expectation of its batch that waits.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.parquet as parquet
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.loading import load, requeue, step_of, with_source
from tests.predicting import made_by
from tests.rows_as_text import rows_as_text

from tidegate import (
    Batch,
    Csv,
    FeatureChoice,
    FeatureGroup,
    FeatureStep,
    FeatureStore,
    FeatureView,
    Field,
    FullState,
    OlderVersion,
    RowChoice,
    Source,
    at_least,
)
from tidegate.errors import VersionGoneError
from tidegate.expectations import BatchExpectation
from tidegate.hadoop import configuration
from tidegate.pipelines.backfill import Backfill, backfill_from_older
from tidegate.predictions.table import PredictionTable
from tidegate.predictions.write import write_predictions
from tidegate.subjects.keyed_hash import SECRET_VARIABLE
from tidegate.tables.commits import commit
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.retry import retried_commit
from tidegate.tables.create import table_exists
from tidegate.tables.read import current_version

pytestmark = pytest.mark.slow

# Found in files by its bytes, which no other value has.
ANN, BOB, CID = "ann-7d1f@example.org", "bob@example.org", "cid@example.org"
MAIL, VALUE = Field("mail", T.StringType(), "address of the person"), Field("value", T.DoubleType(), "a value")
FIELDS = (MAIL, VALUE)
VISITS = FeatureGroup("visits", 1, ("mail",), FIELDS, "visits", subject="mail", expectations=(at_least("value", 0),))
STATES = replace(VISITS, name="states", history="all", expectations=())
LATER = replace(VISITS, version=2)
VIEW = FeatureView(
    "seen", 1, VISITS, VISITS, ("value",), (FeatureChoice(VISITS, ("value",), timedelta(days=9), rename={"value": "seen"}),)
)
FEED = Source(
    "feed", (*FIELDS, Field("at", T.TimestampType(), "when")), Csv(), expectations=(at_least("value", 0),), subject="mail"
)
# Seconds; a machine that does other things as well takes minutes for what takes some seconds.
LONGEST = 900.0


def at(day: int) -> datetime:
    return datetime(2024, 1, day, tzinfo=UTC)


@dataclass
class Gate:
    """Where writers wait while somebody is forgotten."""

    opened: threading.Event = field(default_factory=threading.Event)
    reached: dict[str, threading.Event] = field(default_factory=dict)

    def expectation(self, kind: str) -> BatchExpectation:
        """Return an expectation that lets every batch through, as soon as the gate is open."""
        self.reached[kind] = threading.Event()

        def wait(rows: int, arrived_at: datetime | None) -> None:
            self.wait(kind)

        return BatchExpectation("the gate is open", lambda: F.count(F.lit(1)), wait, "warn")

    def __enter__(self) -> "Gate":
        return self

    def __exit__(self, *_: object) -> None:
        # Also where a test failed: nobody would ever come through.
        self.opened.set()

    def wait(self, kind: str) -> None:
        self.reached[kind].set()
        assert self.opened.wait(LONGEST), f"the gate stayed closed for {kind}"

    def through(self, group: FeatureGroup, kind: str) -> FeatureGroup:
        return replace(group, batch_expectations=(self.expectation(kind),))


def rows_of(spark: SparkSession, group: FeatureGroup, *rows: tuple[str, float, int]) -> DataFrame:
    """Rows of a group: address, value, and the day on which it was true and known."""
    return spark.createDataFrame([(mail, value, at(day), at(day)) for mail, value, day in rows], group.schema)


def to_visits(rows: DataFrame) -> DataFrame:
    return rows.select("mail", "value", F.col("at").alias("event_time"), F.col("at").alias("available_at"), "_origin")


def folder_of(feed: FeatureStep) -> Path:
    return Path(str(feed.source and feed.source.folder))


def deliver(folder: Path, name: str, *rows: tuple[str, float, int]) -> None:
    folder.mkdir(exist_ok=True)
    lines = [f"{mail},{value},{at(day):%Y-%m-%dT%H:%M:%SZ}" for mail, value, day in rows]
    (folder / name).write_text("\n".join(["mail,value,at", *lines]) + "\n")


def files_holding(root: Path, value: str) -> list[str]:
    """Return the files below a root with the value: columns of Parquet decoded, anything else as bytes."""
    found = []
    for file in (each for each in root.rglob("*") if each.is_file() and each.suffix != ".crc"):
        is_table = file.suffix == ".parquet"
        texts = map(str, parquet.ParquetFile(file).read().to_pylist()) if is_table else [file.read_text(errors="replace")]
        if any(value in text for text in texts):
            found.append(str(file.relative_to(root)))
    return found


def until(happened: Callable[[], bool], what: str) -> None:
    waiting = threading.Event()
    for _ in range(int(LONGEST / 0.05)):
        if happened():
            return
        waiting.wait(0.05)
    raise AssertionError(f"not within {LONGEST} s: {what}")


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeatureStore:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    return FeatureStore(spark, str(tmp_path / "root"))


@pytest.fixture
def feed(tmp_path: Path) -> FeatureStep:
    return step_of(FEED, VISITS, str(tmp_path / "feed"), to_visits)


def filled(spark: SparkSession, store: FeatureStore, feed: FeatureStep) -> None:
    """Store, and hold back, rows of the person who is forgotten and of others."""
    stored = [(ANN, 1.0, 1), (BOB, 1.0, 1), (ANN, 3.0, 3), (BOB, 3.0, 3)]
    first = store.write(VISITS, rows_of(spark, VISITS, *stored, (ANN, -5.0, 4), (BOB, -5.0, 4)))
    assert (first.inserted, first.quarantined) == (4, 2)
    deliver(
        Path(str(feed.source.folder)), "first.csv", (ANN, -1.0, 5), (BOB, -1.0, 5), (BOB, 1.0, 6), (CID, 1.0, 6), (CID, 1.0, 7)
    )
    assert load(store, feed).quarantined == 2


def writers(spark: SparkSession, store: FeatureStore, feed: FeatureStep, gate: Gate) -> dict[str, Callable[[], Any]]:
    """Return a writer of each kind; each waits at the gate after it has judged its rows."""
    # What was held back is let in: nothing is expected of its values any more.
    released = replace(VISITS, expectations=())
    older = OlderVersion(VISITS, lambda rows: rows)
    backfill = Backfill(FeatureStep(gate.through(LATER, "backfill"), (FEED,), lambda rows: rows, older=older), None)
    both = spark.createDataFrame([(ANN,), (BOB,)], "mail string")
    groups = {kind: gate.through(VISITS, kind) for kind in ("append", "correction", "delete")}
    loading = with_source(feed, replace(FEED, batch_expectations=(gate.expectation("load"),)))
    requeued = replace(with_source(feed, replace(FEED, expectations=())), group=gate.through(released, "requeue of a source"))
    requeued_group = gate.through(released, "requeue")
    # New rows; and of each person one that is held back.
    appended = rows_of(spark, VISITS, (ANN, 9.0, 10), (BOB, 9.0, 10), (ANN, -1.0, 11), (BOB, -1.0, 11))
    corrected = spark.createDataFrame([(mail, 2.0, at(1), at(2)) for mail in (ANN, BOB)], VISITS.schema)
    return {
        "append": lambda: store.write(groups["append"], appended),
        "correction": lambda: store.write(groups["correction"], corrected),
        "delete": lambda: store.delete(groups["delete"], RowChoice(both, at(3), at(4)), at(6)),
        "requeue": lambda: store.requeue(requeued_group),
        "requeue of a source": lambda: requeue(store, requeued),
        "load": lambda: load(store, loading),
        "backfill": lambda: backfill_from_older(store.handle, "test", backfill),
    }


def test_nobody_who_is_forgotten_comes_back_by_a_writer_under_way(
    spark: SparkSession, store: FeatureStore, feed: FeatureStep, tmp_path: Path
) -> None:
    filled(spark, store, feed)
    deliver(
        Path(str(feed.source.folder)),
        "next.csv",
        (ANN, -2.0, 13),
        (BOB, -2.0, 13),
        (ANN, 7.0, 13),
        (BOB, 7.0, 13),
        (CID, 7.0, 13),
    )
    gate, layout = Gate(), store.layout
    todo = writers(spark, store, feed, gate)
    with ThreadPoolExecutor(len(todo) + 1) as pool, gate:
        running: dict[str, Future[Any]] = {kind: pool.submit(write) for kind, write in todo.items()}
        for kind, reached in gate.reached.items():
            until(lambda reached=reached, kind=kind: reached.is_set() or running[kind].done(), f"{kind} judged its rows")  # type: ignore[misc]
        with exclusive(spark, layout.feature_group("visits_v1")):
            receipt = pool.submit(store.forget, spark.createDataFrame([(ANN,)], "subject string"), "case-1")
            until(lambda: table_exists(spark, layout.suppression) and current_version(spark, layout.suppression) > 0, "the list")
            # The list has the person, and the group still has the rows.
            dataset = store.training_dataset(VIEW, at(1), at(4), known_by=at(9))
            spine = rows_of(spark, VISITS, (ANN, 0.0, 4), (BOB, 0.0, 4)).select("mail", "event_time")
            seen = store.attach_features(VIEW, spine).selectExpr("mail", "event_time AS prediction_time", "seen AS probability")
            scored = seen.select("*", *made_by())
            predicted = write_predictions(store.handle, PredictionTable("scores", ("mail",), ("mail",)), scored, (at(4), at(5)))
        assert receipt.result().erased
        assert not any(each.done() for each in running.values())
        gate.opened.set()
        with pytest.raises(VersionGoneError, match="backfill of visits_v2 from visits_v1: files .* were deleted"):
            running["backfill"].result()
        done = {kind: each.result() for kind, each in running.items() if kind != "backfill"}
    again = todo["backfill"]().parts
    counts = {
        "append": (done["append"].inserted, done["append"].suppressed - 1),
        "correction": (done["correction"].updated, done["correction"].suppressed),
        "quarantine": (done["append"].quarantined, done["append"].suppressed - 1),
        "delete": (done["delete"].rows, done["delete"].suppressed),
        "requeue": (done["requeue"].written.inserted, done["requeue"].written.suppressed),
        "requeue of a source": (done["requeue of a source"].written.inserted, done["requeue of a source"].written.suppressed),
        "load: held back": (done["load"].quarantined, done["load"].suppressed),
        "load": (done["load"].written[0].inserted, done["load"].written[0].suppressed),
        "training dataset": (dataset.manifest.rows, dataset.suppressed),
        "predictions": (predicted.inserted, predicted.suppressed),
    }
    assert counts == {**dict.fromkeys(counts, (1, 1)), "load": (2, 1), "training dataset": (2, 2)}
    assert sum(written.inserted for _, written in again) > 0
    assert files_holding(tmp_path / "root", ANN) == []
    assert files_holding(tmp_path / "root", BOB)


CHECKED = replace(VISITS, name="checked")
# Declared as if it held nobody: its rows stay, and a dataset of it can be read while people are forgotten.
LABELS = replace(VISITS, name="labels", subject=None, expectations=())
LABELS_VIEW = FeatureView(
    "labelled", 1, LABELS, LABELS, ("value",), (FeatureChoice(CHECKED, ("value",), timedelta(days=9), rename={"value": "seen"}),)
)


@pytest.fixture
def store_without_lock(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeatureStore:
    """A store on a file system for which no lock of ours is held, as on HDFS: a local folder by another scheme."""
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    name = uuid4().hex
    configuration(spark).set(f"fs.viewfs.mounttable.{name}.link./folder", tmp_path.as_uri())
    return FeatureStore(spark, f"viewfs://{name}/folder/root")


def wait_at_commits(spark: SparkSession, monkeypatch: pytest.MonkeyPatch, gates: dict[str, Gate]) -> None:
    """Let threads wait at their gates before they commit to one of the gates' tables: after all that they look at."""

    def waiting(action: Callable[[], Any], path: str, *more: Any) -> Any:
        for gate in (gate for name, gate in gates.items() if threading.current_thread().name.startswith(name)):
            for kind in (kind for kind in gate.reached if kind in path and table_exists(spark, path)):
                gate.wait(kind)
        return retried_commit(action, path, *more)

    monkeypatch.setattr(commit, "retried_commit", waiting)


def result_or_gone(running: Future[Any]) -> Any:
    try:
        return running.result()
    except VersionGoneError:
        return None


@pytest.mark.evidence
def test_where_no_lock_holds_a_writer_removes_who_was_forgotten_before_its_commit(
    spark: SparkSession, store_without_lock: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_without_lock
    for group in (VISITS, LABELS):
        store.write(group, rows_of(spark, group, (ANN, 1.0, 1), (BOB, 1.0, 1)))
    store.write(CHECKED, rows_of(spark, CHECKED, (BOB, 1.0, 1)))
    store.write(STATES, rows_of(spark, STATES, (ANN, 1.0, 1), (BOB, 1.0, 1), (CID, 1.0, 1)), Batch(contents=FullState(at(2))))
    columns = "mail string, prediction_time timestamp, probability double"
    scored = spark.createDataFrame([(ANN, at(4), 0.5), (BOB, at(4), 0.5)], columns).select("*", *made_by())
    table = PredictionTable("scores", ("mail",), ("mail",))
    batches = {
        group: rows_of(spark, group, (ANN, -1.0 if group is CHECKED else 9.0, 9), (BOB, 9.0, 9)) for group in (VISITS, CHECKED)
    }
    todo: dict[str, Callable[[], Any]] = {
        "feature_groups/visits_v1": lambda: store.write(VISITS, batches[VISITS]),
        "quarantine/checked_v1": lambda: store.write(CHECKED, batches[CHECKED]),
        "predictions/scores": lambda: write_predictions(store.handle, table, scored, (at(4), at(5))),
        "training_datasets/": lambda: store.training_dataset(LABELS_VIEW, at(1), at(2), known_by=at(3)),
    }
    states = "feature_groups/states_v1"
    of_writers, of_erasure = Gate(), Gate()
    of_writers.reached = {kind: threading.Event() for kind in (*todo, states)}
    of_erasure.reached = {states: threading.Event()}
    wait_at_commits(spark, monkeypatch, {"writer": of_writers, "erasure": of_erasure})
    with ThreadPoolExecutor(5, "writer") as pool, ThreadPoolExecutor(1, "erasure") as eraser, of_writers, of_erasure:
        running: dict[str, Future[Any]] = {kind: pool.submit(write) for kind, write in todo.items()}
        for kind in todo:
            until(lambda kind=kind: of_writers.reached[kind].is_set() or running[kind].done(), f"{kind} wants to commit")  # type: ignore[misc]
        receipt = eraser.submit(store.forget, spark.createDataFrame([(ANN,)], "subject string"), "case-1")
        until(lambda: of_erasure.reached[states].is_set() or receipt.done(), "the erasure wants to delete")
        # By the list as it is now, and with the rows of the person as they are still: they would get tombstones.
        later = Batch(contents=FullState(at(5)))
        running[states] = pool.submit(store.write, STATES, rows_of(spark, STATES, (BOB, 1.0, 1)), later)
        until(lambda: of_writers.reached[states].is_set() or running[states].done(), "the state wants to be committed")
        of_erasure.opened.set()
        assert receipt.result().erased
        of_writers.opened.set()
        dataset = result_or_gone(running.pop("training_datasets/"))
        done = {kind: each.result() for kind, each in running.items()}
    visits, checked, scores = (done[kind] for kind in list(todo)[:3])
    assert (visits.inserted, visits.suppressed) == (checked.inserted, checked.suppressed) == (1, 1)
    assert (scores.inserted, scores.suppressed, checked.quarantined) == (1, 1, 0)
    # The erasure may have vacuumed the versions that the dataset was about to read.
    if dataset is not None:
        assert (dataset.manifest.rows, dataset.frame.count(), dataset.suppressed) == (1, 1, 1)
    assert done[states].vanished == 1
    personal = [each.path for each in store.tables() if each.subject_columns]
    assert len(personal) >= 6
    for path, rows in rows_as_text(spark, store.layout.root, personal).items():
        assert [row for row in rows if ANN in row] == [], path
