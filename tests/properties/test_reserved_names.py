"""Names that the library's code uses for columns are a user's columns here, through every verb: nothing may meet them.

Each column costs time. So `make test` gives a group the names that the packages on its way use; `make evidence` gives it all.
"""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.column_names import column_names
from tests.loading import load, requeue, step_of, with_source
from tests.releasing import predict, release

from tidegate import (
    Batch,
    Binary,
    BoostedTrees,
    Csv,
    FeatureChoice,
    FeatureGroup,
    FeatureStore,
    FeatureView,
    Field,
    JsonLines,
    LogisticRegression,
    Model,
    ModelColumns,
    Parquet,
    Period,
    RowChoice,
    Source,
    at_least,
    unique,
)
from tidegate.datasets.splits import split_by_days
from tidegate.feature_groups.writing.compaction import compact_group
from tidegate.pipelines.training_pipeline import TrainingRequest, run_training_pipeline
from tidegate.predictions.columns import OUTPUT_COLUMNS
from tidegate.registry import Registry
from tidegate.sources.formats.delta import without_replaced

pytestmark = pytest.mark.slow

TIMES = ("event_time", "available_at")
# As SQL calls the sides of a MERGE and of a join: a struct column of such a name has fields, so that `row.id` could be either.
SIDES = ("row", "stored", "change", "gone", "erased", "seen", "went", "came", "labels", "steps", "source", "target")
KEY = ("id", "key", "subject", "subject_hash")
# What MLlib calls its columns where nothing else is said.
MODELLED = ("features", "rawprediction", "probability", "prediction", "classweightcol")
NAMES = tuple(dict.fromkeys((*KEY, *column_names(), *SIDES, *MODELLED, "select", "from", "order", "label")))
FEATURES = tuple(name for name in NAMES if name not in (*KEY, *TIMES))
# Those, and whatever the code that trains and scores mentions: what a model reads.
TRAINED = tuple(
    dict.fromkeys(
        name
        for name in (*MODELLED, *column_names("training", "scorers", "evaluation"))
        if name not in (*KEY, *TIMES, *SIDES, "label")
    )
)
STRUCT = T.StructType([T.StructField(name, T.StringType()) for name in (*KEY, *TIMES)])
START = datetime(2024, 1, 1, tzinfo=UTC)


def kind_of(name: str) -> T.DataType:
    if name in KEY:
        return T.StringType()
    return STRUCT if name in SIDES else T.DoubleType()


FIELDS = tuple(Field(name, kind_of(name), name) for name in (*KEY, *FEATURES))
ALL = FeatureGroup("every_name", 1, KEY, FIELDS, "all", subject="subject", history="all", expectations=(at_least("rows", 0),))
LATEST = FeatureGroup("newest_of_every_name", 1, KEY, FIELDS, "latest", expectations=(at_least("rows", 0),))
# The names of the packages that a batch, a deletion and an erasure go through.
WRITING = {
    *column_names("feature_groups", "tables", "expectations", "quarantine", "subjects"),
    *column_names("erasure", "maintenance", "monitoring"),
    *(*KEY, *SIDES, *MODELLED, "select", "from", "order", "label"),
}
OF_WRITING = [field for field in FIELDS if field.name in WRITING]
# Each column costs a quarter of a second. `make evidence` takes them all, a run of the suite every third one.
FEWER = tuple(
    field for place, field in enumerate(OF_WRITING) if place % 3 == 0 or field.name in {*KEY, "count", "rows", "top", "quantiles"}
)


def value_of(name: str, entity: int, value: float) -> object:
    if name in KEY:
        return f"{name}{entity}"
    return tuple("inside" for _ in STRUCT) if name in SIDES else value + len(name)


def rows_of(spark: SparkSession, group: FeatureGroup, *rows: tuple[int, float, datetime, datetime | None]) -> DataFrame:
    """Rows of an entity, a number that all doubles are made from (the one that is expected is it itself), and two times."""
    made = [
        (*(value if name == "rows" else value_of(name, entity, value) for name in group.field_names), at, known)
        for entity, value, at, known in rows
    ]
    return spark.createDataFrame(made, group.schema)


def found(rows: DataFrame) -> list[tuple[str, float, float]]:
    return sorted((row["id"], row["rows"], row["count"]) for row in rows.select("id", "rows", "count").collect())


def day(number: int, hour: int = 0) -> datetime:
    return START + timedelta(days=number, hours=hour)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeatureStore:
    monkeypatch.setenv("TIDEGATE_SUBJECT_KEY", "0123456789abcdef" * 3)
    return FeatureStore(spark, str(tmp_path / "root"))


def test_the_names_are_found() -> None:
    # Without these the collector looks past what it is for.
    assert {"id", "occurrences", "candidate", "probability", "release", "count", "rows", "result", "subject"} <= {*NAMES}
    assert {"candidate", "score_0"} <= {*TRAINED}
    assert not [name for name in NAMES if name.startswith("_")]


@pytest.mark.parametrize(
    "group",
    [
        replace(ALL, fields=FEWER),
        pytest.param(ALL, marks=pytest.mark.evidence),
        pytest.param(LATEST, marks=pytest.mark.evidence),
    ],
    ids=["all", "all, every name", "latest, every name"],
)
def test_a_group_keeps_columns_of_every_name(spark: SparkSession, store: FeatureStore, group: FeatureGroup) -> None:
    group = replace(group, batch_expectations=(unique((*KEY, "count", "event_time")),))
    first = rows_of(spark, group, (1, 1.0, day(0), None), (2, 2.0, day(0), None), (3, -3.0, day(0), None))
    assert store.write(group, first).counts["quarantined"] == 1
    assert found(store.read(group)) == [("id1", 1.0, 6.0), ("id2", 2.0, 7.0)]
    # A correction, a repetition and a new event.
    second = rows_of(spark, group, (1, 1.5, day(0), day(1)), (2, 2.0, day(0), None), (2, 4.0, day(1), None))
    written = store.write(group, second, Batch("second"))
    assert (written.updated, written.unchanged, written.inserted) == (1, 1, 1)
    assert store.requeue(replace(group, expectations=())).released == 1
    assert found(store.read(group)) == [("id1", 1.5, 6.5), ("id2", 2.0, 7.0), ("id2", 4.0, 9.0), ("id3", -3.0, 2.0)]
    keys = spark.createDataFrame([("id2", "key2")], "id string, key string")
    gone = store.delete(group, RowChoice(keys, start=day(1)), known_at=day(2))
    assert (gone.rows, found(store.read(group))[1]) == (1, ("id2", 2.0, 7.0))
    assert store.delete(group, RowChoice(keys, start=day(1)), purge=True).rows == (2 if group.history == "all" else 1)
    if group.history == "latest":
        # The rest is the same code for both.
        return
    assert found(store.as_known(group, day(0, 1)))[0] == ("id1", 1.0, 6.0)
    wider = replace(group, fields=(*group.fields, Field("one_more", T.DoubleType(), "added")), expectations=())
    assert store.catalog.evolve(wider).changes == ("added column one_more double",)
    compact_group(spark, store.layout.feature_group(group.full_name), wider)
    assert store.audit.content_hash(wider) is not None
    counted = {row["feature"] for row in store.catalog.statistics(wider).collect()}
    assert {"count", "rows", "top", "quantiles"} <= counted
    assert store.forget(spark.createDataFrame([("subject1",)], "subject string"), "case-1").erased
    assert [name for name, _, _ in found(store.read(wider))] == ["id2", "id3"]


def lines_of(fields: tuple[Field, ...], rows: tuple[tuple[str, float], ...]) -> list[dict[str, object]]:
    return [{field.name: entity if isinstance(field.type, T.StringType) else value for field in fields} for entity, value in rows]


AT = Field("at", T.TimestampType(), "when")
# The names of the code that reads files, judges their rows, holds them back and lets them in: each further column of a file
# costs a fifth of a second, and what happens to the rows behind it the tests above look at.
READING = {*KEY, "rows", "count", *column_names("sources", "pipelines", "expectations", "quarantine")}
OF_FILES = tuple(field for field in FIELDS if field.name in READING and field.name not in SIDES and field.name != "at")
GROUP_OF_FILES = FeatureGroup("of_files", 1, KEY, OF_FILES, "from files", subject="subject")


def write_files(folder: Path, form: str) -> None:
    """Two rows of which the second is not as expected, as `form` has them."""
    folder.mkdir()
    moment = "2024-01-01T00:00:00Z"
    rows = [{**row, "at": moment} for row in lines_of(OF_FILES, (("a", 1.0), ("b", -1.0)))]
    names = [field.name for field in OF_FILES] + ["at"]
    if form == "csv":
        text = "\n".join([",".join(names), *(",".join(str(row[name]) for name in names) for row in rows)])
        (folder / "a.csv").write_text(f"{text}\n")
    elif form == "json":
        (folder / "a.json").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    else:
        table = pa.Table.from_pylist(rows)
        times = pa.array([START, START], pa.timestamp("us"))
        pq.write_table(table.set_column(table.column_names.index("at"), "at", times), folder / "a.parquet")


def as_group(read: DataFrame) -> DataFrame:
    names = [field.name for field in OF_FILES]
    unknown = F.lit(None).cast("timestamp").alias("available_at")
    return read.select(*names, F.col("at").alias("event_time"), unknown, "_origin")


@pytest.mark.parametrize(
    ("form", "format_"), [pytest.param("csv", Csv(), marks=pytest.mark.evidence), ("json", JsonLines()), ("parquet", Parquet())]
)
def test_files_with_columns_of_every_name_are_loaded_and_requeued(
    store: FeatureStore, tmp_path: Path, form: str, format_: Csv | JsonLines | Parquet
) -> None:
    write_files(tmp_path / form, form)
    source = Source(
        "feed", (*OF_FILES, AT), format_, zone="Europe/Warsaw", subject="subject", expectations=(at_least("rows", 0),)
    )
    source = replace(source, batch_expectations=(unique(("count", "at")),))
    loading = step_of(source, GROUP_OF_FILES, str(tmp_path / form), as_group)
    loaded = load(store, loading, arrived_at=day(3), dry_run=form == "json")
    assert (loaded.accepted, loaded.quarantined) == (1, 1)
    if form != "json":
        mended = with_source(loading, replace(source, expectations=()))
        assert requeue(store, mended, known_from=day(5)).released == 1
        known = {
            row["id"]: row["known"]
            for row in store.read(GROUP_OF_FILES).selectExpr("id", "date(available_at) AS known").collect()
        }
        assert known == {"a": date(2024, 1, 4), "b": date(2024, 1, 6)}


def test_delta_tables_have_columns_of_every_name(spark: SparkSession) -> None:
    changes = rows_of(spark, LATEST, (1, 1.0, day(0), None), (1, 2.0, day(0), None), (2, 3.0, day(0), None))
    kinds = F.when(F.col("rows") == 2.0, "update_postimage").when(F.col("rows") == 1.0, "update_preimage").otherwise("delete")
    left = without_replaced(changes.withColumn("_change_type", kinds), KEY)
    assert found(left) == [("id1", 2.0, 7.0), ("id2", 3.0, 8.0)]


# The labels have columns of every name too: the target, and all that predictions carry on, which no feature may be called.
TARGET = "label"
LABELS = FeatureGroup("labels", 1, KEY, FIELDS, "labels")
CARRIED = tuple(name for name in FEATURES if name not in (*OUTPUT_COLUMNS, "probability", "prediction", *TRAINED, TARGET))


def days_of(spark: SparkSession, group: FeatureGroup, hour: int) -> DataFrame:
    """A row of each of twenty entities on each of sixteen days; the target is 1 where the number is high."""
    made = []
    for number in range(16):
        for entity in range(20):
            value = float((entity * 7 + number * 3) % 20)
            own = {TARGET: float(value > 9), "rows": value}
            row = [own.get(name, value_of(name, entity, value)) for name in group.field_names]
            made.append((*row, day(number, hour), None))
    return spark.createDataFrame(made, group.schema)


@pytest.mark.evidence
def test_a_model_reads_features_of_every_name(spark: SparkSession, store: FeatureStore, tmp_path: Path) -> None:
    features = replace(LATEST, name="features", expectations=())
    store.write(features, days_of(spark, features, 6))
    store.write(LABELS, days_of(spark, LABELS, 12))
    chosen = tuple(name for name in FEATURES if name != TARGET)
    choice = FeatureChoice(features, chosen, timedelta(days=2))
    view = FeatureView("every_name", 1, LABELS, LABELS, (TARGET,), (choice,))
    explained = store.explain(view, {name: f"{name}1" for name in KEY}, day(3, 12)).where("verdict = 'chosen'").collect()
    assert [json.loads(row["features"])["count"] for row in explained] == [(1 * 7 + 3 * 3) % 20 + 5.0]
    view = replace(view, name="modelled", choices=(replace(choice, features=TRAINED),))
    registry = Registry(f"sqlite:///{tmp_path}/mlflow.db", (tmp_path / "artifacts").as_uri())
    columns = ModelColumns(("id",), TRAINED)
    split = split_by_days(Period(date(2024, 1, 1), date(2024, 1, 16)), date(2024, 1, 6), date(2024, 1, 8), date(2024, 1, 16))
    estimators = (BoostedTrees(max_iter=1, max_depth=1), LogisticRegression(max_iter=2))
    model = Model("every_name", view, Binary(), estimators, columns=columns, carried=CARRIED)
    trained = run_training_pipeline(store.handle, "system", model, TrainingRequest(split), registry)
    release(store, registry, model, trained.experiment.accepted)
    assert trained.manifest.rows == 320
    measured = trained.experiment.metrics["test"]
    assert measured["boosted_trees"].numbers()["roc_auc"] == 1.0
    assert measured["naive"].numbers()["roc_auc"] == 0.5
    days = Period(date(2024, 1, 16), date(2024, 1, 16))
    assert predict(store, registry, model, days, day(20)).written.inserted == 20
    assert predict(store, registry, model, days, day(21)).written.unchanged == 20
    row = store.predictions("every_name").where("id = 'id1'").first()
    assert (row["left"], row["prediction_time"].astimezone(UTC), row["arm"]) == ((7 + 45) % 20 + 4.0, day(15, 12), "champion")
