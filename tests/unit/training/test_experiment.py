import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from pyspark.sql import functions as F

from tidegate.datasets.view_rows import Span
from tidegate.errors import DefinitionError, UnusableRowsError
from tidegate.registry import Registry
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.scoring import score_frame
from tidegate.training.acceptance import Acceptance
from tidegate.training.estimators.boosted_trees import BoostedTrees
from tidegate.training.experiment import run_experiment
from tidegate.training.incumbent import as_incumbent
from tidegate.training.model_columns import ModelColumns
from tidegate.training.training_plan import Splits

pytestmark = pytest.mark.slow

LINEAGE = {"feature_view": "departure_delay", "feature_view_version": "1", "table.weather": "4"}


@pytest.fixture(scope="module")
def registry(tmp_path_factory) -> Registry:
    root = tmp_path_factory.mktemp("root")
    return Registry(f"sqlite:///{root}/mlflow/mlflow.db", f"{root}/mlflow/artifacts")


@pytest.fixture
def client(registry) -> MlflowClient:
    return MlflowClient(registry.tracking_uri)


def artifact(client, run_id, path, folder):
    with open(client.download_artifacts(run_id, path, str(folder)), encoding="utf-8") as file:
        return json.load(file)


def released(result, registry):
    """Promote what an experiment accepted, and return the champion."""
    if result.accepted is not None:
        registry.promote(result.accepted)
    return registry.champion(result.version.name)


def test_run_experiment_registers_a_version_and_a_rerun_is_not_accepted(splits, plan, registry, client, tmp_path):
    first = run_experiment(splits, plan, LINEAGE, registry)

    # Nothing is released by training.
    assert registry.champion("delays") is None
    champion = released(first, registry)
    assert (first.candidate, first.verdict.accepted, first.naive, champion) == ("boosted_trees", True, None, first.version)
    assert first.verdict.reason.startswith("there was no champion; test log loss -")
    assert (champion.version, champion.run_id) == (1, first.run_id)
    assert champion.lineage == {**LINEAGE, "estimator": "boosted_trees"}
    validation, test = first.metrics["validation"], first.metrics["test"]
    assert validation["boosted_trees"].loss == min(metrics.loss for metrics in validation.values())
    assert test["boosted_trees"].loss < test["naive"].loss
    assert {item.reference for item in first.comparisons} == {"logistic_regression", "naive"}
    assert first.scorer_check.rows > 10_000

    run = client.get_run(first.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["table.weather"] == "4"
    assert run.data.metrics["test.boosted_trees.log_loss"] == pytest.approx(test["boosted_trees"].loss)
    skill = 1 - test["boosted_trees"].loss / test["naive"].loss
    assert run.data.metrics["test.boosted_trees.skill"] == pytest.approx(skill)
    plots = {item.path for item in client.list_artifacts(first.run_id, "plots")}
    assert plots == {"plots/roc.png", "plots/calibration.png", "plots/importance.png"}
    importance = artifact(client, first.run_id, "importance.json", tmp_path)
    assert max(importance, key=importance.get) == "wind"

    # The same rows in another layout: the same model to the last bit, and so not better than the champion.
    other_layout = Splits(splits.train.repartition(5, "wind"), splits.validation, splits.test.repartition(3))
    second = run_experiment(other_layout, plan, LINEAGE, registry, champion)

    assert registry.version("delays", 2).scorer_sha256 == champion.scorer_sha256
    assert second.accepted is None
    assert "not surely better" in second.verdict.reason
    assert registry.champion("delays") == champion


def test_run_experiment_that_fails_registers_nothing(splits, plan, registry, client):
    failing = replace(plan, model_name="failing")
    no_labels = replace(splits, test=splits.test.withColumn("delayed", F.lit(None).cast("int")))

    with pytest.raises(UnusableRowsError, match=r"test.*: no row has a delayed.*Check the period and the labels"):
        run_experiment(no_labels, failing, LINEAGE, registry)

    bounded = replace(failing, estimators=(), accept=Acceptance(at_most={"log_los": 1.0}))
    with pytest.raises(DefinitionError, match="names the metric 'log_los', which was not measured; measured: .*log_loss"):
        run_experiment(splits, bounded, LINEAGE, registry)

    runs = client.search_runs([client.get_experiment_by_name("failing").experiment_id])
    assert [run.info.status for run in runs] == ["FAILED", "FAILED"]
    assert not client.search_model_versions("name = 'failing'")


def test_run_experiment_with_folds_chooses_by_them_and_not_by_the_validation_rows(splits, plan, registry, client):
    """On the validation rows every answer is the wrong one, so the model that learned least looks best there."""
    start = datetime(2013, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(hours=hour) for hour in (400, 700, 1000)]
    walking = replace(plan, model_name="walking", folds=tuple(Span(*each) for each in pairwise(moments)))
    wrong = splits.validation.withColumn("delayed", 1 - F.col("delayed"))
    result = run_experiment(replace(splits, validation=wrong), walking, LINEAGE, registry)

    metrics = result.metrics
    assert list(metrics) == ["fold_1", "fold_2", "validation", "test"]
    assert result.candidate == "boosted_trees"
    assert metrics["validation"]["logistic_regression"].loss < metrics["validation"]["boosted_trees"].loss
    assert result.verdict.accepted
    logged = client.get_run(result.run_id).data.metrics
    for fold in ("fold_1", "fold_2"):
        assert metrics[fold]["boosted_trees"].loss < metrics[fold]["logistic_regression"].loss
        for name in ("boosted_trees", "logistic_regression", "naive"):
            assert logged[f"{fold}.{name}.log_loss"] == pytest.approx(metrics[fold][name].loss)
            assert metrics[fold][name].rows == 300


def test_run_experiment_without_estimators_registers_the_naive_prediction_once(splits, plan, registry):
    one_class = replace(splits, test=splits.test.withColumn("delayed", F.lit(1)))
    alone = replace(plan, model_name="alone", estimators=(), accept=Acceptance(at_least={"roc_auc": 0.5}))
    result = run_experiment(one_class, alone, LINEAGE, registry)
    assert result.accepted == result.version == registry.version("alone", 1)
    assert result.version.is_naive
    assert "the model has no other estimator than the naive prediction" in result.version.note


@pytest.mark.parametrize("trained_again", [False, pytest.param(True, marks=pytest.mark.evidence)])
def test_run_experiment_accepts_the_naive_prediction_until_a_model_beats_it(
    splits, plan, registry, client, tmp_path, trained_again
):
    """The hour of these rows says nothing about their delay."""
    poor = replace(plan, model_name=f"improving_{trained_again}", columns=ModelColumns((), ("hour",)))
    first = run_experiment(splits, poor, LINEAGE, registry)

    served = released(first, registry)
    assert (first.verdict.accepted, first.version.version, first.naive) == (False, 1, served)
    assert (served.version, served.lineage["feature_view"]) == (2, "departure_delay")
    assert served.note.startswith("No fitted model is in use: every prediction is the naive one")
    assert first.verdict.reason in served.note
    assert registry.test_metrics(served)["naive"]["log_loss"] == first.metrics["test"]["naive"].loss
    scored = score_frame(splits.test, registry.scorer(served), ["risk"]).agg(F.min("risk"), F.max("risk")).first()
    trained_on = splits.train.agg(F.avg("delayed")).first()[0]
    assert tuple(scored) == pytest.approx((trained_on, trained_on))
    assert served.lineage["estimator"] == "naive"

    if trained_again:
        train_again(splits, poor, registry, served)

    rules = Acceptance(
        slices=("carrier",), worst_slice_at_most=1.5, group="carrier", group_difference_at_most={"selection_rate": 0.5}
    )
    weak = replace(
        poor, columns=ModelColumns((), ("hour", "wind")), estimators=(BoostedTrees(max_iter=1, max_depth=1),), accept=rules
    )
    accepted = run_experiment(splits, weak, LINEAGE, registry, registry.champion(poor.model_name))
    assert accepted.verdict.accepted
    require_slices(accepted, splits, registry, artifact(client, accepted.run_id, "slices.json", tmp_path))
    assert client.get_run(accepted.run_id).data.tags["verdict"] == accepted.verdict.reason
    version = released(accepted, registry).version
    assert version == (6 if trained_again else 3)

    # The champion reads `hour`, which the new plan leaves out: it is scored on the same rows all the same.
    narrower = replace(poor, columns=ModelColumns((), ("wind",)))
    better = run_experiment(splits, narrower, LINEAGE, registry, registry.champion(poor.model_name))

    assert better.verdict.accepted
    assert released(better, registry).version == version + 1
    incumbent = as_incumbent(registry, registry.require_champion(poor.model_name), poor.task, ["hour"])
    assert (incumbent.scorer, incumbent.problem) == (None, "the test rows lack column(s) that it reads: wind")


def require_slices(result, splits, registry, logged):
    """Compute the slices of the registered scorer again, row by row."""
    scored = score_frame(splits.test, registry.scorer(result.version), ["risk"]).select("carrier", "delayed", "risk").toPandas()
    scored["loss"] = -np.log(np.where(scored["delayed"] == 1, scored["risk"], 1 - scored["risk"]))
    groups = {
        carrier: {"rows": len(rows), "loss": rows["loss"].mean(), "selection_rate": (rows["risk"] >= 0.5).mean()}
        for carrier, rows in scored.groupby("carrier")
    }
    assert {each.pop("value"): pytest.approx(each) for each in logged["carrier"]} == groups
    assert set(groups) == {"AA", "B6"}
    worst = max(groups, key=lambda carrier: groups[carrier]["loss"])
    reason, rates = result.verdict.reason, [each["selection_rate"] for each in groups.values()]
    assert f"; the worst slice is carrier '{worst}': {groups[worst]['rows']} test rows have a mean log loss of" in reason
    assert f"; the selection rate of test rows differs by {max(rates) - min(rates):.6g} between carrier" in reason


def train_again(splits, poor, registry, served):
    trained_on = splits.train.agg(F.avg("delayed")).first()[0]
    # Trained again, on the same rows in another layout: nothing changes. On other rows: their share is served, as a new version.
    again = run_experiment(replace(splits, train=splits.train.repartition(3)), poor, LINEAGE, registry, served)
    assert (again.naive, released(again, registry)) == (None, served)
    newer = replace(splits, train=splits.train.where("delayed = 0 OR hour < 12"))
    refreshed = run_experiment(newer, poor, LINEAGE, registry, served)
    refreshed = released(refreshed, registry)
    assert (refreshed.version, refreshed.is_naive) == (5, True)
    rate = PortableScorer.from_bytes(registry.scorer(refreshed)).scores(pd.DataFrame({"hour": [1.0]}))[0, 0]
    assert rate == pytest.approx(newer.train.agg(F.avg("delayed")).first()[0]) != pytest.approx(trained_on)
