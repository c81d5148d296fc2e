"""From training to predictions: what is served says what it is, and features that were not loaded stop it."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.releasing import predict, release, released_model

from tidegate import (
    Binary,
    BoostedTrees,
    ByKey,
    ByTime,
    Entities,
    FeatureChoice,
    FeatureGroup,
    FeatureStore,
    FeatureView,
    Field,
    LogisticRegression,
    Model,
    ModelColumns,
    Period,
    WalkForward,
)
from tidegate.datasets.splits import split_by_days
from tidegate.datasets.view_definition import view_definition
from tidegate.errors import AbsentGroupsError, ChangedDefinitionError, MissingColumnsError, ShortPeriodError, UsageError
from tidegate.pipelines.inference_pipeline import InferencePipelineResult, run_inference_pipeline
from tidegate.pipelines.training_pipeline import TrainingRequest, run_training_pipeline
from tidegate.registry import Registry
from tidegate.scorers.models import Constant
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.specification import Specification
from tidegate.tables.definitions import require_definitions
from tidegate.training.estimators import FittedModel
from tidegate.training.evaluated_models import EvaluatedModels
from tidegate.training.naive_version import register_naive

pytestmark = pytest.mark.slow

CUSTOMER = Field("customer", T.StringType(), "customer")
ACTIVITY = FeatureGroup("activity", 1, ("customer",), (CUSTOMER, Field("visits", T.DoubleType(), "visits")), "activity")
LEAVING = FeatureGroup("leaving", 1, ("customer",), (CUSTOMER, Field("left", T.IntegerType(), "1: left")), "who left")
VIEW = FeatureView("churn", 1, LEAVING, LEAVING, ("left",), (FeatureChoice(ACTIVITY, ("visits",), timedelta(days=2)),))
MODEL = Model("churn", VIEW, Binary(), (BoostedTrees(max_iter=3, max_depth=2), LogisticRegression(max_iter=5)))
MONTH, LATER = Period(date(2024, 1, 1), date(2024, 1, 30)), Period(date(2024, 2, 10), date(2024, 2, 10))
NOW = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="module")
def store(spark_of_process: SparkSession, root: Path) -> FeatureStore:
    """Twenty customers on thirty days; of a day in February only the labels were loaded."""
    chance, store = random.Random(7), FeatureStore(spark_of_process, str(root))
    activity, labels = [], []
    for day in MONTH.days():
        morning = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
        for number in range(20):
            visits = chance.uniform(0, 100)
            activity.append((f"c{number}", visits, morning, None))
            labels.append((f"c{number}", int(visits + chance.uniform(-20, 20) > 60), morning + timedelta(hours=6), None))
    labels += [(f"c{number}", 0, datetime(2024, 2, 10, 12, tzinfo=UTC), None) for number in range(20)]
    store.write(ACTIVITY, spark_of_process.createDataFrame(activity, ACTIVITY.schema))
    store.write(LEAVING, spark_of_process.createDataFrame(labels, LEAVING.schema))
    return store


@pytest.fixture(scope="module")
def registry(root: Path) -> Registry:
    return Registry(f"sqlite:///{root}/mlflow/mlflow.db", (root / "mlflow" / "artifacts").as_uri())


def scored(store: FeatureStore, registry: Registry, period: Period, model: Model = MODEL) -> InferencePipelineResult:
    return predict(store, registry, model, period, NOW)


def test_what_is_served_says_what_it_is_and_what_it_lacked(store: FeatureStore, registry: Registry) -> None:
    split = split_by_days(MONTH, date(2024, 1, 16), date(2024, 1, 22), date(2024, 1, 30))
    trained = run_training_pipeline(store.handle, "churn", MODEL, TrainingRequest(split), registry)
    assert (trained.experiment.verdict.accepted, trained.manifest.absent) == (True, {})
    # Training registers a version. Nothing scores with it until it is promoted.
    assert registry.champion("churn") is None
    release(store, registry, MODEL, trained.experiment.accepted)

    day = Period(date(2024, 1, 30), date(2024, 1, 30))
    served = scored(store, registry, day)
    assert (served.written.inserted, served.provenance.estimator, served.note) == (20, trained.experiment.candidate, "")

    # A day whose features were not loaded: nothing is written, until somebody says that this is right.
    with pytest.raises(AbsentGroupsError) as refused:
        scored(store, registry, LATER)
    assert (
        "activity_v1: 20 of 20 rows found no row in it (at most 50% may); its newest row became known at 2024-01-30T06:00:00Z"
        in str(refused.value)
    )
    assert store.predictions("churn").count() == 20
    allowed = replace(MODEL, view=VIEW.allowing_absent())
    assert scored(store, registry, LATER, allowed).written.inserted == 20
    rows = store.predictions("churn").groupBy("estimator", "absent_groups").count().collect()
    assert sorted((tuple(row.absent_groups or ()), row.estimator, row["count"]) for row in rows) == [
        ((), trained.experiment.candidate, 20),
        (("activity_v1",), trained.experiment.candidate, 20),
    ]

    # No model is worth it any more: every row has the naive prediction, and says so.
    experiment = trained.experiment
    measured = EvaluatedModels(experiment.candidate, experiment.metrics, experiment.comparisons)
    constant = Specification(inputs=(), model=Constant(values=(0.25,)), outputs=MODEL.task.outputs)
    naive = FittedModel("naive", PortableScorer(constant))
    lineage = trained.experiment.version.lineage
    worse = register_naive(registry, "churn", naive, measured, lineage, "it was worse on the test days")
    release(store, registry, MODEL, worse)
    fallback = scored(store, registry, day)
    assert (fallback.written.updated, fallback.provenance.estimator) == (20, "naive")
    assert "(it was worse on the test days)" in fallback.note
    found = store.predictions("churn").where("estimator = 'naive'").select("probability", "model_version").distinct().collect()
    assert [tuple(row) for row in found] == [(0.25, 2)]


def test_models_of_one_view_score_the_same_joined_rows_and_free_them(store: FeatureStore, registry: Registry) -> None:
    naive = replace(MODEL, name="naive_churn", estimators=())
    split = split_by_days(MONTH, date(2024, 1, 16), date(2024, 1, 22), date(2024, 1, 30))
    for model in (MODEL, naive):
        trained = run_training_pipeline(store.handle, model.name, model, TrainingRequest(split), registry)
        release(store, registry, model, trained.experiment.version)
    day = Period(date(2024, 1, 29), date(2024, 1, 29))
    alone = [predict(store, registry, model, day, NOW).written for model in (MODEL, naive)]
    assert [written.inserted for written in alone] == [20, 20]

    models = {model.name: released_model(store, registry, model) for model in (MODEL, naive)}
    held = set(store.handle.spark.sparkContext._jsc.getPersistentRDDs().keySet())  # type: ignore[union-attr]
    together = run_inference_pipeline(store.handle, "shop", (naive, MODEL), models, day, NOW)
    assert [(each.model.name, each.written.unchanged) for each in together] == [("naive_churn", 20), ("churn", 20)]
    assert set(store.handle.spark.sparkContext._jsc.getPersistentRDDs().keySet()) == held  # type: ignore[union-attr]
    (row,) = store.audit.runs().where("system = 'shop' AND result = 'succeeded'").collect()
    assert row["details"]["predictions"].startswith("naive_churn: 0 inserted, 0 updated, 20 unchanged; churn: 0 inserted")


def test_entities_are_predicted_from_their_keys_or_get_a_row_that_says_why_not(store: FeatureStore, registry: Registry) -> None:
    told = replace(MODEL, name="told_churn", carried=("left",))
    split = split_by_days(MONTH, date(2024, 1, 16), date(2024, 1, 22), date(2024, 1, 30))
    for model in (MODEL, told):
        trained = run_training_pipeline(store.handle, model.name, model, TrainingRequest(split), registry)
        release(store, registry, model, trained.experiment.version)
    spark, as_of = store.handle.spark, datetime(2024, 1, 30, 20, tzinfo=UTC)
    keys = spark.createDataFrame([("c1",), ("c2",), ("c2",), ("nobody",)], "customer string")
    models = {model.name: released_model(store, registry, model) for model in (MODEL, told)}
    for effect in ("inserted", "unchanged"):
        found = run_inference_pipeline(store.handle, "shop", (MODEL, told), models, Entities(keys, as_of), NOW)
        assert [getattr(each.written, effect) for each in found] == [3, 3]
    why = {"churn": "no feature was known, or all were too old: activity_v1 had no row"}
    why["told_churn"] = "leaving_v1 has no row of this entity"
    for name, reason in why.items():
        rows = store.predictions(name).where(F.col("prediction_time") == F.lit(as_of)).collect()
        said = {row["customer"]: (row["probability"] is None, row["prediction"], row["why_not_predicted"]) for row in rows}
        assert said.pop("nobody") == (True, None, reason)
        assert {(empty, reason) for empty, _, reason in said.values()} == {(False, None)}
        assert set(said) == {"c1", "c2"}
    numbers = Entities(spark.range(1).withColumnRenamed("id", "customer"), as_of)
    with pytest.raises(UsageError, match="column customer is bigint, but string in 'leaving'"):
        run_inference_pipeline(store.handle, "shop", (MODEL,), models, numbers, NOW)
    with pytest.raises(MissingColumnsError, match=r"missing column\(s\) customer; available: id"):
        run_inference_pipeline(store.handle, "shop", (MODEL,), models, Entities(spark.range(1), as_of), NOW)


def test_a_changed_model_or_view_is_refused_before_anything_is_joined(store: FeatureStore, registry: Registry) -> None:
    split = split_by_days(MONTH, date(2024, 1, 16), date(2024, 1, 22), date(2024, 1, 30))
    require_definitions(store.handle, [view_definition(VIEW), MODEL.definition])
    other = replace(MODEL, columns=ModelColumns(("customer",), ("visits",)))
    with pytest.raises(ChangedDefinitionError, match="model churn of churn_v1, version 1, .* categorical was none, is customer"):
        run_training_pipeline(store.handle, "churn", other, TrainingRequest(split), registry)
    longer = FeatureView("churn", 1, LEAVING, LEAVING, ("left",), (FeatureChoice(ACTIVITY, ("visits",), timedelta(days=3)),))
    with pytest.raises(ChangedDefinitionError, match="lookback was 2 days, 0:00:00, is 3 days, 0:00:00"):
        scored(store, registry, LATER, replace(MODEL, view=longer))


def test_a_model_says_how_its_rows_are_split(store: FeatureStore, registry: Registry) -> None:
    split = split_by_days(MONTH, date(2024, 1, 16), date(2024, 1, 22), date(2024, 1, 30))
    client = MlflowClient(registry.tracking_uri)

    quick = replace(MODEL, estimators=(LogisticRegression(max_iter=5),))
    walking = replace(quick, name="walking", split=WalkForward(folds=2))
    trained = run_training_pipeline(store.handle, "churn", walking, TrainingRequest(split), registry)
    metrics, run = trained.experiment.metrics, client.get_run(trained.experiment.run_id).data
    # Of the 22 days before the test part, the first 7 are only trained on.
    days = {"fold_1": 7, "fold_2": 8, "validation": 6, "test": 8}
    assert {name: each["naive"].rows for name, each in metrics.items()} == {name: each * 20 for name, each in days.items()}
    assert (run.tags["split"], run.params["train.rows"]) == ("walk-forward, 2 fold(s)", str(16 * 20))

    keyed = replace(quick, name="keyed", split=ByKey())
    trained = run_training_pipeline(store.handle, "churn", keyed, TrainingRequest(split), registry)
    params = client.get_run(trained.experiment.run_id).data.params
    sizes = [int(params[f"{part}.rows"]) for part in ("train", "validation", "test")]
    # Whole customers, each of whom has a row on each of the thirty days.
    assert (sum(sizes), [size % 30 for size in sizes]) == (600, [0, 0, 0])
    assert params["validation.period"] == "2024-01-01T12:00:00Z to 2024-01-30T12:00:00Z"

    late = replace(MODEL, name="late", split=ByTime(timedelta(days=16)))
    with pytest.raises(ShortPeriodError, match="the gap of 16 days, 0:00:00 leaves no training rows"):
        run_training_pipeline(store.handle, "churn", late, TrainingRequest(split), registry)

    dataset = store.training_dataset(VIEW, split.start, split.end)
    table, frame = dataset.to_arrow(), dataset.to_pandas()
    assert table.column_names == list(frame.columns) == dataset.frame.columns
    assert (dataset.reused, table.num_rows, len(frame)) == (True, 600, 600)
    assert frame["event_time"].max() == pd.Timestamp("2024-01-30 12:00")
    assert sorted(table["visits"].to_pylist()) == sorted(frame["visits"])
