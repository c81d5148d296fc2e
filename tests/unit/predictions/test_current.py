"""The current view: without withdrawn rows of the spine, read without Spark, exported, and given to pages."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from jobs.predictions import main
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Field, RowChoice
from tidegate.commands.run import REFUSED
from tidegate.datasets.view_definition import view_definition
from tidegate.errors import MissingPredictionsError, NaiveMomentError, UnknownPredictionKeyError, UsageError
from tidegate.feature_groups.read import withdrawn_events
from tidegate.predictions.provenance import Provenance, provenance_columns
from tidegate.predictions.table import KEY_PROPERTY, PredictionTable
from tidegate.predictions.write import write_predictions
from tidegate.tables.definitions import require_definitions

AT, DAY = datetime(2024, 1, 1, 6, tzinfo=UTC), timedelta(days=1)
PATIENT = Field("patient", T.StringType(), "patient")
VISITS = FeatureGroup(
    "visits", 1, ("patient",), (PATIENT, Field("pulse", T.DoubleType(), "pulse"), Field("ill", T.IntegerType(), "1: ill")),
    "visits", subject="patient", history="all",
)  # fmt: skip
VIEW = FeatureView("illness", 1, VISITS, VISITS, ("ill",), (FeatureChoice(VISITS, ("pulse",), DAY),))
TABLE = PredictionTable("illness", ("patient",), ("patient",), outputs=("rate",))
PAGE = Path(__file__).parents[3] / "docs" / "predictions.md"


def scored(spark: SparkSession, release: str, view: int, served: bool, rows: dict[str, float]) -> DataFrame:
    made = Provenance(release, "champion", "illness", 1, "illness", view, {"visits_v1": 3}, "abc", served=served)
    frame = spark.createDataFrame([(*row, AT) for row in rows.items()], "patient string, rate double, prediction_time timestamp")
    return frame.select("*", *provenance_columns(made, AT + timedelta(hours=1)))


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeatureStore:
    """Four visits, predicted twice; two of them are withdrawn, and one of these comes back."""
    monkeypatch.setenv("TIDEGATE_SUBJECT_KEY", "0123456789abcdef0123456789abcdef")
    store = FeatureStore(spark, str(tmp_path / "root"))
    visits = spark.createDataFrame([(f"p{n}", 60.0, 0, AT, AT) for n in range(1, 5)], VISITS.schema)
    store.write(VISITS, visits)
    require_definitions(store.handle, [view_definition(VIEW)])
    for release, view, served, rows in (
        ("first", 1, True, {f"p{n}": n / 10 for n in range(1, 6)}),
        ("second", 1, True, {"p1": 0.9}),
        ("second", 1, False, {"p4": 0.7}),
        # Nobody knows the spine of this version of the view.
        ("third", 2, True, {"p6": 0.6}),
    ):
        write_predictions(store.handle, TABLE, scored(spark, release, view, served, rows), (AT, AT + DAY))
    withdrawn = spark.createDataFrame([("p2",), ("p3",), ("p6",)], "patient string")
    store.delete(VISITS, RowChoice(withdrawn), known_at=AT + DAY)
    store.write(VISITS, visits.where("patient = 'p3'").withColumn("available_at", F.lit(AT + 2 * DAY)))
    return store


def live_files(table: Path) -> Iterator[str]:
    """The files of a Delta table, by its log."""
    added: dict[str, None] = {}
    for commit in sorted((table / "_delta_log").glob("*.json")):
        for line in commit.read_text().splitlines():
            action = json.loads(line)
            if "add" in action:
                added[action["add"]["path"]] = None
            if "remove" in action:
                added.pop(action["remove"]["path"], None)
    yield from (str(table / name) for name in added)


def test_the_current_view_with_and_without_spark(store: FeatureStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    current = {row.patient: (row.rate, row.release) for row in store.predictions("illness").collect()}
    assert current == {
        "p1": (0.9, "second"), "p3": (0.3, "first"), "p4": (0.4, "first"), "p5": (0.5, "first"), "p6": (0.6, "third"),
    }  # fmt: skip
    before = {row.patient for row in store.predictions("illness", as_of=AT + timedelta(hours=2)).collect()}
    assert before == {"p1", "p2", "p3", "p4", "p5", "p6"}
    between = {row.patient for row in store.predictions("illness", as_of=AT + DAY).collect()}
    assert between == {"p1", "p4", "p5", "p6"}
    assert store.predictions("illness", as_of=AT).isEmpty()
    assert store.predictions("illness", history=True).count() == 8

    # The queries of the docs, on the files that the logs name.
    queries = [block.split("```")[0] for block in PAGE.read_text().split("```sql\n")[1:]]
    assert len(queries) == 2
    found = []
    for query in queries:
        for folder in ("predictions/illness", "feature_groups/visits_v1"):
            files = list(live_files(tmp_path / "root" / folder))
            query = query.replace(f"delta_scan('data/{folder}')", f"read_parquet({files}, union_by_name = true)")
        found.append(
            {(row[0], row[1]) for row in duckdb.sql(f"SELECT patient, rate FROM ({query.rstrip().rstrip(';')})").fetchall()}
        )
    newest = {(patient, rate) for patient, (rate, _) in current.items()}
    assert found == [newest | {("p2", 0.2)}, newest]

    arguments = ["--root", str(tmp_path / "root"), "--model", "illness"]
    for ending, read in (("parquet", "read_parquet"), ("csv", "read_csv")):
        file = tmp_path / f"out.{ending}"
        file.write_text("older")
        assert main([*arguments, "--to", str(file)]) == 0
        said = capsys.readouterr().out
        assert f"{file}: {file.stat().st_size:,} bytes" in said
        assert "personal data (patient)" in said
        rows = duckdb.sql(
            f"SELECT patient, rate, release, feature_table_versions, prediction_time FROM {read}('{file}')"
        ).fetchall()
        assert {row[0]: row[1:3] for row in rows} == current
        versions = {"visits_v1": 3} if ending == "parquet" else '{"visits_v1":3}'
        assert {str(row[3]) for row in rows} == {str(versions)}
        assert {row[4].replace(tzinfo=UTC) if row[4].tzinfo is None else row[4] for row in rows} == {AT}
        assert [path.name for path in tmp_path.iterdir() if "out." in path.name] == [file.name]
        file.unlink()
    assert main([*arguments, "--to", str(tmp_path / "out.xlsx")]) == REFUSED
    assert main([*arguments, "--to", str(tmp_path / "root" / "format" / "out.csv")]) == REFUSED
    errors = capsys.readouterr().err
    assert "another ending than .csv and .parquet" in errors
    assert "the predictions can't be written to" in errors


def test_what_can_not_be_told_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    store = FeatureStore(spark, str(tmp_path))

    def write(patient: str) -> None:
        table = replace(TABLE, subjects=())
        write_predictions(store.handle, table, scored(spark, "first", 1, True, {patient: 0.1}), (AT, AT + DAY))

    write("p1")
    with pytest.raises(UsageError, match="as_of has no meaning"):
        store.predictions("illness", history=True, as_of=AT)
    with pytest.raises(NaiveMomentError):
        store.predictions("illness", as_of=AT.replace(tzinfo=None))
    with pytest.raises(MissingPredictionsError, match="there is no prediction table 'ilness'.*illness"):
        store.predictions("ilness")
    spark.sql(f"ALTER TABLE delta.`{store.layout.predictions('illness')}` UNSET TBLPROPERTIES ('{KEY_PROPERTY}')")
    with pytest.raises(UnknownPredictionKeyError, match="'illness' .* does not record which columns name the entity"):
        store.predictions("illness")
    # The next batch records it.
    write("p2")
    assert store.predictions("illness").count() == 2


def test_withdrawn_events_are_those_whose_newest_observation_is_a_tombstone(spark: SparkSession) -> None:
    columns = "k string, event_time timestamp, available_at timestamp, _tombstone boolean"
    seen = [("a", 0, False), ("a", 1, True), ("b", 0, False), ("b", 1, True), ("b", 2, False), ("c", 3, True)]
    stored = spark.createDataFrame([(key, AT, AT + hours * DAY, gone) for key, hours, gone in seen], columns)
    assert sorted(row.k for row in withdrawn_events(stored, ("k",), "all").collect()) == ["a", "c"]
    assert sorted(row.k for row in withdrawn_events(stored, ("k",), "all", AT + DAY).collect()) == ["a", "b"]
    assert withdrawn_events(stored.drop("_tombstone"), ("k",), "latest").isEmpty()
    # Only the newest observations are there.
    newest = stored.join(stored.groupBy("k").agg(F.max("available_at").alias("available_at")), on=["k", "available_at"])
    assert sorted(row.k for row in withdrawn_events(newest, ("k",), "latest").collect()) == ["a", "c"]
    assert sorted(row.k for row in withdrawn_events(newest, ("k",), "latest", AT + DAY).collect()) == ["a"]
