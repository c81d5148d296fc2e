import json
from dataclasses import replace

import pytest
from mlflow import MlflowClient
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError
from tidegate.registry import Registry
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.scoring import score_frame
from tidegate.training.experiment import run_experiment
from tidegate.training.incumbent import find_incumbent
from tidegate.training.model_columns import ModelColumns
from tidegate.training.parameters import BoostedTreesParameters
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


def test_run_experiment_registers_a_champion_and_a_rerun_does_not_replace_it(splits, plan, registry, client, tmp_path):
    first = run_experiment(splits, plan, LINEAGE, registry)

    champion = registry.require_champion("delays")
    assert (first.promoted, first.base_rate, first.model_version) == (True, None, 1)
    assert first.reason.startswith("there was no champion; test log loss -")
    assert (champion.version, champion.run_id, champion.lineage) == (1, first.run_id, LINEAGE)
    test = first.metrics["test"]
    assert test["boosted_trees"].log_loss < test["base_rate"].log_loss
    assert {item.reference for item in first.comparisons} == {"logistic_regression", "base_rate"}
    assert first.scorer_check.rows > 10_000

    run = client.get_run(first.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["table.weather"] == "4"
    assert run.data.metrics["test.boosted_trees.log_loss"] == pytest.approx(test["boosted_trees"].log_loss)
    plots = {item.path for item in client.list_artifacts(first.run_id, "plots")}
    assert plots == {"plots/roc.png", "plots/calibration.png", "plots/importance.png"}
    importance = artifact(client, first.run_id, "importance.json", tmp_path)
    assert max(importance, key=importance.get) == "wind"

    # The same rows in another layout: the same model to the last bit, and so not better than the champion.
    other_layout = Splits(splits.train.repartition(5, "wind"), splits.validation, splits.test.repartition(3))
    second = run_experiment(other_layout, plan, LINEAGE, registry)

    assert registry.version("delays", 2).scorer_sha256 == champion.scorer_sha256
    assert not second.promoted
    assert "not surely better" in second.reason
    assert registry.champion("delays") == champion


def test_run_experiment_that_fails_registers_nothing(splits, plan, registry, client):
    failing = replace(plan, model_name="failing")
    no_labels = replace(splits, test=splits.test.withColumn("delayed", F.lit(None).cast("int")))

    with pytest.raises(UnusableRowsError, match=r"test.*: .*delayed.*Check the period and the labels"):
        run_experiment(no_labels, failing, LINEAGE, registry)

    (run,) = client.search_runs([client.get_experiment_by_name("failing").experiment_id])
    assert run.info.status == "FAILED"
    assert not client.search_model_versions("name = 'failing'")


@pytest.mark.parametrize("trained_again", [False, pytest.param(True, marks=pytest.mark.evidence)])
def test_run_experiment_serves_the_base_rate_until_a_model_beats_it(splits, plan, registry, trained_again):
    """The hour of these rows says nothing about their delay."""
    poor = replace(plan, model_name=f"improving_{trained_again}", columns=ModelColumns((), ("hour",)))
    first = run_experiment(splits, poor, LINEAGE, registry)

    served = registry.require_champion(poor.model_name)
    assert (first.promoted, first.model_version, first.base_rate) == (False, 1, served)
    assert (served.version, served.lineage["feature_view"]) == (2, "departure_delay")
    assert served.note.startswith("No model is in use: every prediction is the base rate")
    assert first.reason in served.note
    assert registry.test_metrics(served)["base_rate"]["log_loss"] == first.metrics["test"]["base_rate"].log_loss
    scored = score_frame(splits.test, registry.scorer(served), ["risk"]).agg(F.min("risk"), F.max("risk")).first()
    trained_on = splits.train.agg(F.avg("delayed")).first()[0]
    assert tuple(scored) == pytest.approx((trained_on, trained_on))
    assert PortableScorer.from_bytes(registry.scorer(served)).estimator == "base_rate"

    if trained_again:
        train_again(splits, poor, registry, served)

    weak = replace(
        poor, columns=ModelColumns((), ("hour", "wind")), boosted_trees=BoostedTreesParameters(max_iter=1, max_depth=1)
    )
    assert run_experiment(splits, weak, LINEAGE, registry).promoted
    version = registry.require_champion(poor.model_name).version
    assert version == (6 if trained_again else 3)

    # The champion reads `hour`, which the new plan leaves out: it is scored on the same rows all the same.
    better = run_experiment(splits, replace(poor, columns=ModelColumns((), ("wind",))), LINEAGE, registry)

    assert better.promoted
    assert registry.require_champion(poor.model_name).version == version + 1
    incumbent = find_incumbent(registry, poor.model_name, ["hour"])
    assert (incumbent.scorer, incumbent.problem) == (None, "the test rows lack column(s) that it reads: wind")


def train_again(splits, poor, registry, served):
    trained_on = splits.train.agg(F.avg("delayed")).first()[0]
    # Trained again, on the same rows in another layout: nothing changes. On other rows: their share is served, as a new version.
    again = run_experiment(replace(splits, train=splits.train.repartition(3)), poor, LINEAGE, registry)
    assert (again.base_rate, registry.require_champion(poor.model_name)) == (None, served)
    newer = replace(splits, train=splits.train.where("delayed = 0 OR hour < 12"))
    refreshed = run_experiment(newer, poor, LINEAGE, registry).base_rate
    assert refreshed == registry.require_champion(poor.model_name)
    assert (refreshed.version, refreshed.is_base_rate) == (5, True)
    rate = PortableScorer.from_bytes(registry.scorer(refreshed)).specification.model.probability
    assert rate == pytest.approx(newer.train.agg(F.avg("delayed")).first()[0]) != pytest.approx(trained_on)
