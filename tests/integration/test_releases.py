"""Releases on a real store and a real MLflow: one commit for all models, one winner, and what was in use when."""

import logging
import re
import shlex
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from chispa import assert_df_equality
from jobs.release import main as release_job
from mlflow import MlflowClient
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.releasing import predict, release
from tests.writing import write_rows

from tidegate import (
    Acceptance,
    Aggregates,
    Binary,
    FeatureChoice,
    FeatureGroup,
    FeatureStore,
    FeatureView,
    Field,
    Model,
    Naive,
    Regression,
    System,
    TidegateError,
    count,
)
from tidegate.commands import release as command
from tidegate.commands.release import named_versions
from tidegate.datasets.label_rows import label_rows
from tidegate.datasets.manifest import DatasetInputs, find_manifest, view_of_dataset, write_manifest
from tidegate.datasets.stored_view import view_from_json
from tidegate.datasets.training_dataset import training_dataset, view_digest
from tidegate.datasets.view_rows import Snapshot, current_snapshot, rows_to_predict, with_features
from tidegate.errors import (
    CorruptScorerError,
    GroupInUseError,
    NoReleaseThenError,
    NoStoredViewError,
    NothingBeforeError,
    NotReleasedError,
    ReleasedMeanwhileError,
    ReleaseRefusedError,
    UnknownModelVersionError,
    UnknownReleaseError,
    UsageError,
)
from tidegate.feature_groups.read import content_hash
from tidegate.feature_store.released import champions, released_models
from tidegate.maintenance.unused_groups import drop_groups
from tidegate.period import Period
from tidegate.registry import ModelVersion, Registry
from tidegate.releases.current import current_release, model_versions, require_release
from tidegate.releases.history import release_at, releases_frame
from tidegate.releases.mirror import repair_aliases
from tidegate.releases.promotion import PlannedRelease, plan_promotion, promote, record
from tidegate.releases.release import Release, SystemModels
from tidegate.releases.released_view import released_view
from tidegate.releases.rollback import plan_rollback, rollback
from tidegate.releases.table import append_releases, insert_releases, newest_releases
from tidegate.scorers.models import BaseRate
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.scorers.specification import Specification
from tidegate.tables.read import current_version
from tidegate.tables.store import Store
from tidegate.training.model_columns import ModelColumns

pytestmark = pytest.mark.slow

CUSTOMER = Field("customer", T.StringType(), "customer")
VISITS, PAGES = Field("visits", T.IntegerType(), "visits"), Field("pages", T.IntegerType(), "pages")
ACTIVITY = FeatureGroup("activity", 1, ("customer",), (CUSTOMER, VISITS), "activity", history="all")
NEWER = replace(ACTIVITY, version=2, fields=(CUSTOMER, VISITS, PAGES))
LEAVING = FeatureGroup("leaving", 1, ("customer",), (CUSTOMER, Field("left", T.IntegerType(), "1: left")), "who left")
DAYS_2 = timedelta(days=2)
PACKAGE, DOCS = "company_of_releases.churn", Path(__file__).parents[2] / "docs" / "releases.md"
FIRST = FeatureView(
    "churn", 1, LEAVING, LEAVING, ("left",),
    (FeatureChoice(ACTIVITY, ("visits",), DAYS_2), Aggregates(ACTIVITY, {"many": count(where="visits > 1", window=DAYS_2)})),
)  # fmt: skip
SECOND = replace(FIRST, version=2, choices=(FeatureChoice(NEWER, ("visits", "pages"), DAYS_2),))
START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="module")
def features(spark_of_process: SparkSession, root: Path) -> FeatureStore:
    """Three customers on three days, in two versions of one group."""
    store, rows = FeatureStore(spark_of_process, str(root)), []
    for day in (1, 2, 3):
        rows += [(f"c{number}", number + day, datetime(2024, 1, day, 6, tzinfo=UTC), None) for number in range(3)]
    frame = spark_of_process.createDataFrame(rows, ACTIVITY.schema)
    store.write(ACTIVITY, frame, loaded_until=END)
    write_rows(store, NEWER, frame.withColumn("pages", F.col("visits") * 10))
    labels = [(name, number % 2, at + timedelta(hours=6), None) for name, number, at, _ in rows]
    write_rows(store, LEAVING, spark_of_process.createDataFrame(labels, LEAVING.schema))
    return store


@pytest.fixture(scope="module")
def store(features: FeatureStore) -> Store:
    return features.handle


@pytest.fixture(scope="module")
def registry(root: Path) -> Registry:
    return Registry(f"sqlite:///{root}/mlflow/mlflow.db", (root / "mlflow" / "artifacts").as_uri())


@pytest.fixture(scope="module")
def datasets(store: Store) -> dict[FeatureView, str]:
    """The ids of a training dataset of each view."""
    return {view: training_dataset(store, view, START, END, END).manifest.dataset_id for view in (FIRST, SECOND)}


def registered(
    registry: Registry, model: str, view: FeatureView, dataset: str = "", rate: float = 0.25, lineage: Sequence[str] = ()
) -> ModelVersion:
    """A model version as a training run registers it, with a scorer that is quickly made."""
    scorer = PortableScorer(Specification(inputs=(), model=BaseRate(probability=rate)))
    tables = {f"table_version.{group.full_name}": "1" for group in view.stored_groups}
    tags = {"feature_view": view.name, "feature_view_version": str(view.version), "dataset_id": dataset, **tables}
    with registry.run(model) as run:
        run.log_scorer(scorer.to_bytes(), scorer.digest)
        return registry.register(model, run, run.scorer_uri, tags)


def two_models(registry: Registry, datasets: dict[FeatureView, str], name: str) -> SystemModels:
    """A system with two models, each with a version of the first view and one of the second."""
    models = (f"{name}_left", f"{name}_stayed")
    for model in models:
        for view in (FIRST, SECOND):
            registered(registry, model, view, datasets[view], rate=0.1 * view.version)
    return SystemModels(name, models)


def aliases(registry: Registry, system: SystemModels) -> list[int | None]:
    return [registry.champion_number(model) for model in system.models]


def test_all_models_are_released_and_rolled_back_in_one_commit(
    store: Store, registry: Registry, datasets: dict[FeatureView, str]
) -> None:
    system = two_models(registry, datasets, "both")
    left, stayed = system.models
    assert current_release(store, registry, system) is None
    with pytest.raises(
        NotReleasedError, match=f"system both: no version of model {left}, {stayed} is released; released: no model"
    ):
        require_release(store, registry, system)
    begun = datetime.now(UTC)
    first = promote(store, registry, system, {left: 1, stayed: 1}, expected=0)
    commits = current_version(store.spark, store.layout.releases)
    second = promote(store, registry, system, {stayed: 2, left: 2}, expected=1)
    assert current_version(store.spark, store.layout.releases) == commits + 1
    assert (first.number, second.number, dict(second.versions)) == (1, 2, {left: 2, stayed: 2})
    assert aliases(registry, system) == [2, 2]
    assert second == require_release(store, registry, system)
    # A batch in flight goes on with what it began with.
    assert {each.version for each in model_versions(registry, first).values()} == {1}

    third = rollback(store, registry, system)
    assert current_version(store.spark, store.layout.releases) == commits + 2
    assert (third.number, third.restored, third.models) == (3, 1, first.models)
    assert aliases(registry, system) == [1, 1]
    # Nothing came before the first one; any release can be named.
    with pytest.raises(NothingBeforeError, match="release 3 is in use, and no release came before"):
        rollback(store, registry, system)
    with pytest.raises(UnknownReleaseError, match="system both has no release 9; its releases: 1 to 3"):
        rollback(store, registry, system, to=9)
    assert rollback(store, registry, system, to=2).models == second.models
    assert aliases(registry, system) == [2, 2]
    # What is in use already is not recorded again.
    assert promote(store, registry, system, {left: 2}).number == 4
    # One model changes, the other keeps its version.
    assert dict(promote(store, registry, system, {left: 1}).versions) == {left: 1, stayed: 2}
    # After a rollback to 2, the next one goes on to 1.
    assert rollback(store, registry, system).content == 2
    assert rollback(store, registry, system).models == first.models
    with pytest.raises(ReleasedMeanwhileError, match=r"planned when release 2 was in use, but now it is release 7 \(rollback: "):
        promote(store, registry, system, {left: 1}, expected=2)

    recorded = newest_releases(store, "both", 10)
    times = [each.released_at for each in reversed(recorded) if each.released_at]
    assert times == sorted(set(times))
    assert begun < times[0]
    for each in recorded:
        assert each.released_at is not None
        assert release_at(store, "both", each.released_at) == each
        assert release_at(store, "both", each.released_at - timedelta(microseconds=1)) != each if each.number > 1 else True
    with pytest.raises(
        NoReleaseThenError, match="system both: nothing was released at 2024-01-01T00:00:00Z; its first release is"
    ):
        release_at(store, "both", START)
    shown = releases_frame(store, "both").where("number <= 2").orderBy("number", "model").collect()
    assert [
        (row.number, row.action, row.model, row.model_version, row.view_version, row.estimator, row.task) for row in shown
    ] == [
        (1, "promote", left, 1, 1, "base_rate", "binary"),
        (1, "promote", stayed, 1, 1, "base_rate", "binary"),
        (2, "promote", left, 2, 2, "base_rate", "binary"),
        (2, "promote", stayed, 2, 2, "base_rate", "binary"),
    ]
    assert shown[2].group_versions == {"activity_v2": 2, "leaving_v1": 1}
    assert len({row.release_id for row in shown}) == 4


def recorded_at_once(store: Store, registry: Registry, plans: Sequence[PlannedRelease]) -> tuple[list[Release], list[str]]:
    """Record plans in threads that begin together; return what was released, and what the others were told."""
    together, won, told = threading.Barrier(len(plans)), [], []

    def release(planned: PlannedRelease) -> None:
        together.wait()
        try:
            won.append(record(store, registry, planned))
        except ReleasedMeanwhileError as error:
            told.append(str(error))

    threads = [threading.Thread(target=release, args=(each,)) for each in plans]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return won, told


def test_of_two_promotions_at_once_one_wins_and_the_other_is_told(
    store: Store, registry: Registry, datasets: dict[FeatureView, str]
) -> None:
    system = two_models(registry, datasets, "race")
    promote(store, registry, system, dict.fromkeys(system.models, 1))
    # Where no lock keeps out other drivers, the commit itself has to.
    for before, at in ((1, store), (2, replace(store, is_local=False))):
        latest = newest_releases(store, "race")[0].versions
        plans = [plan_promotion(store, registry, system, {model: 3 - latest[model]}) for model in system.models]
        won, told = recorded_at_once(at, registry, plans)
        assert (len(won), len(told)) == (1, 1)
        assert f"planned when release {before} was in use, but now it is {won[0].summary}" in told[0]
        assert newest_releases(store, "race") == won
        assert won[0].number == before + 1
        assert aliases(registry, system) == [won[0].versions[model] for model in system.models]
    # The second of two drivers whose numbers were free when they looked is told by the commit.
    plan = replace(won[0], models=(), released_at=datetime.now(UTC))
    with pytest.raises(ReleasedMeanwhileError, match="planned when release 2 was in use, but now it is release 3"):
        insert_releases(store, [plan], 2)
    numbers = [row.number for row in releases_frame(store, "race").select("number").distinct().orderBy("number").collect()]
    assert numbers == [1, 2, 3]


def test_an_alias_that_a_kill_left_behind_is_repaired_and_logged_once(
    store: Store,
    registry: Registry,
    datasets: dict[FeatureView, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    system = two_models(registry, datasets, "killed")
    promote(store, registry, system, dict.fromkeys(system.models, 1))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Registry, "promote", killed)
        with pytest.raises(KeyboardInterrupt):
            promote(store, registry, system, dict.fromkeys(system.models, 2))
    assert aliases(registry, system) == [1, 1]
    assert set(require_release(store, registry, system).versions.values()) == {2}
    monkeypatch.setattr(logging.getLogger("tidegate"), "propagate", True)
    with caplog.at_level(logging.INFO, "tidegate"):
        repair_aliases(store, registry, "killed")
        repair_aliases(store, registry, "killed")
    assert aliases(registry, system) == [2, 2]
    lines = [line for line in caplog.messages if "champion" in line]
    assert lines == [
        f"MLflow: champion of {model} is version 2 now, as in release 2; before: version 1" for model in system.models
    ]
    # A model that the restored release did not have loses its alias.
    left, _ = system.models
    third = f"{left}_more"
    registered(registry, third, FIRST, datasets[FIRST])
    wider = replace(system, models=(*system.models, third))
    assert promote(store, registry, wider, {third: 1}).has(third)
    assert registry.champion_number(third) == 1
    assert not rollback(store, registry, wider).has(third)
    assert registry.champion_number(third) is None
    with pytest.raises(NotReleasedError, match=f"no version of model {third} is released; released: {left} version 2"):
        require_release(store, registry, wider).model(third)
    # Without MLflow the release is in force, and a warning says what is left to do.
    MlflowClient(registry.tracking_uri).delete_model_version(left, "2")
    registry.demote(left)
    with caplog.at_level(logging.WARNING, "tidegate"):
        repair_aliases(store, registry, "killed")
    assert f"could not be set to release 4 (rollback: {left} version 2" in caplog.messages[-1]
    with pytest.raises(UnknownModelVersionError, match=f"model {left} has no version 2 in MLflow; its versions: 1"):
        rollback(store, registry, wider, to=2)


def test_what_was_in_use_before_there_were_releases_is_adopted(
    store: Store, registry: Registry, datasets: dict[FeatureView, str]
) -> None:
    system = SystemModels("old", ("old_left", "old_stayed"))
    left, _ = system.models
    registry.promote(registered(registry, left, FIRST, "", rate=0.5))
    registered(registry, left, SECOND, datasets[SECOND])
    commits = current_version(store.spark, store.layout.releases)
    adopted = require_release(store, registry, system)
    assert (adopted.number, adopted.action, adopted.released_at, adopted.restored) == (1, "adopt", None, None)
    assert (adopted.model(left).view_definition, adopted.model(left).view_version) == (None, 1)
    assert current_version(store.spark, store.layout.releases) == commits
    # With the view of the code it is the same release, now with a view.
    defined = require_release(store, registry, replace(system, views=(SECOND, FIRST)))
    assert defined.model(left).release_id == adopted.model(left).release_id
    assert released_view(defined.model(left)) == FIRST
    assert released_view(adopted.model(left), (FIRST,)) == FIRST

    assert promote(store, registry, system, {left: 2}, expected=1).number == 2
    assert current_version(store.spark, store.layout.releases) == commits + 1
    assert [(each.number, each.action) for each in newest_releases(store, "old", 9)] == [(2, "promote"), (1, "adopt")]
    with pytest.raises(
        NoStoredViewError, match=f"{left} version 1: its feature view churn_v1 is recorded neither in the manifest"
    ):
        rollback(store, registry, system)
    assert rollback(store, registry, replace(system, views=(FIRST,))).versions == {left: 1}
    # A model version without any record of where it comes from is not released.
    with registry.run(left) as run:
        scorer = PortableScorer(Specification(inputs=(), model=BaseRate(probability=0.5)))
        run.log_scorer(scorer.to_bytes(), scorer.digest)
        registry.register(left, run, run.scorer_uri, {})
    with pytest.raises(NoStoredViewError, match=r"version 3: its feature view \(not named\)"):
        promote(store, registry, system, {left: 3})


def test_a_batch_of_a_release_works_although_the_model_names_columns_that_its_view_lacks(
    features: FeatureStore, registry: Registry, datasets: dict[FeatureView, str]
) -> None:
    spine = replace(LEAVING, version=2, fields=(*LEAVING.fields, Field("plan", T.StringType(), "plan")))
    newest = replace(SECOND, version=3, spine=spine)
    columns, rules = ModelColumns((), ("visits", "pages")), Acceptance(slices=("pages",))
    model = Model("columns", newest, Binary(), (), columns=columns, carried=("plan",), accept=rules)
    version = registered(registry, model.name, FIRST, datasets[FIRST])
    release(features, registry, model, version)
    written = predict(features, registry, model, Period(date(2024, 1, 1), date(2024, 1, 3)), END).written
    assert (written.inserted, written.rows) == (9, 9)
    stored = features.predictions(model.name)
    assert "plan" not in stored.columns
    assert {row["feature_view_version"] for row in stored.collect()} == {1}


def test_a_model_that_the_code_no_longer_has_may_be_deleted_from_mlflow(
    store: Store, registry: Registry, datasets: dict[FeatureView, str]
) -> None:
    both = two_models(registry, datasets, "gone")
    promote(store, registry, both, dict.fromkeys(both.models, 1))
    MlflowClient(registry.tracking_uri).delete_registered_model("gone_stayed")
    system = System("gone", "Who leaves?", models=(Model("gone_left", FIRST, Binary(), ()),))
    assert [each.version for each in champions(store, registry, system).values()] == [1]
    assert released_models(store, registry, system).keys() == {"gone_left"}


def test_a_release_is_scored_with_its_own_view_although_the_code_has_a_newer_one(
    features: FeatureStore, registry: Registry, datasets: dict[FeatureView, str]
) -> None:
    store, system = features.handle, replace(two_models(registry, datasets, "views"), views=(SECOND,))
    promote(store, registry, system, dict.fromkeys(system.models, 1))
    promote(store, registry, system, {system.models[0]: 2})
    released = rollback(store, registry, system)
    view = released_view(released.models[0], system.views)
    assert view == FIRST
    # The group of the first view got wider types and a column meanwhile; the release can be used as before.
    features.catalog.evolve(replace(ACTIVITY, fields=(CUSTOMER, replace(VISITS, type=T.LongType()), replace(PAGES, since=1))))
    assert rollback(store, registry, system, to=1).models == released.models
    snapshot = current_snapshot(store, view.stored_groups, view.aggregated_groups)
    rows = rows_to_predict(snapshot, FIRST).select("customer", "event_time")
    assert_df_equality(
        with_features(snapshot, view, rows), with_features(snapshot, FIRST, rows), ignore_row_order=True, ignore_nullable=True
    )
    assert with_features(snapshot, view, rows).where("visits > 0 AND many IS NOT NULL").count() > 0
    # Nobody drops what a release in use reads, although the code no longer defines it.
    with pytest.raises(GroupInUseError, match=r"activity_v1 can't be dropped, because release \d+ of system \w+ reads it"):
        drop_groups(store, [NEWER, LEAVING], ["activity_v1"], END)
    # The view of the code is taken if it means the same: what changes no value may have changed in it.
    lacking = FIRST.allowing_absent()
    assert released_view(released.models[0], (SECOND, lacking)) is lacking


def test_a_dataset_is_built_again_from_its_manifest_alone(store: Store, datasets: dict[FeatureView, str], tmp_path: Path) -> None:
    rows = store.spark.read.format("delta").load(store.layout.manifests)
    row = rows.where(F.col("dataset_id") == datasets[SECOND]).first()
    assert row is not None
    view = view_from_json(row["view"])
    inputs = DatasetInputs(view.name, view.version, view_digest(view), row["group_versions"], START, END, END)
    assert inputs.dataset_id == row["dataset_id"]
    snapshot = Snapshot(store, row["group_versions"])
    joined = with_features(snapshot, view, label_rows(snapshot, view, inputs).frame, inputs.span)
    found = joined.agg(content_hash(joined).alias("hash")).first()
    assert found is not None
    assert found["hash"] == row["content_hash"]
    manifest = find_manifest(store, inputs)
    assert manifest is not None
    assert manifest.view == row["view"]
    # Manifests of older versions have no view, until they are written again.
    older = Store.open(store.spark, tmp_path)
    rows.drop("view").coalesce(1).write.format("delta").save(older.layout.manifests)
    assert view_of_dataset(older, manifest.dataset_id) is None
    assert find_manifest(older, inputs) == replace(manifest, view=None)
    write_manifest(older, manifest)
    assert view_of_dataset(older, manifest.dataset_id) == view
    assert view_of_dataset(older, "another") is None


def test_times_rise_when_a_clock_is_put_back_and_a_moment_needs_a_zone(store: Store, registry: Registry) -> None:
    late = datetime(2100, 1, 1, tzinfo=UTC)
    first, second = (Release("clock", number, None, "promote", ()) for number in (1, 2))
    append_releases(store, 0, [first], late)
    assert append_releases(store, 1, [second], late - timedelta(days=1))[0].released_at == late + timedelta(microseconds=1)
    with pytest.raises(TidegateError, match="the moment of a release is 2024-01-31T00:00:00, which has no time zone"):
        release_at(store, "clock", datetime(2024, 1, 31))  # noqa: DTZ001
    assert release_at(store, "clock", late).number == 1


def commands_of_docs() -> list[list[str]]:
    """The words of each command of docs/releases.md, without the script."""
    blocks = re.findall(r"```bash\n(.*?)```", DOCS.read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert all(line.startswith("./spark-submit.sh jobs/release.py ") for line in lines)
    return [shlex.split(line)[2:] for line in lines]


@pytest.fixture
def churn(monkeypatch: pytest.MonkeyPatch, registry: Registry, datasets: dict[FeatureView, str]) -> System:
    """A system in an importable package, with two registered versions of its only model."""
    system = System("churn", "Who leaves?", models=(Model("churn", SECOND, Regression(), (Naive(),)),))
    for view in (FIRST, SECOND):
        registered(registry, "churn", view, datasets[view])
    module = ModuleType(PACKAGE)
    monkeypatch.setattr(module, "SYSTEM", system, raising=False)
    monkeypatch.setitem(sys.modules, PACKAGE, module)
    return system


def test_the_commands_and_the_code_of_the_docs_do_what_the_docs_say(
    features: FeatureStore, root: Path, churn: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command.OUT, "width", 200)

    def said(*words: str, code: int = 0) -> str:
        given = [PACKAGE if word == "flight_delays" else word for word in words]
        assert release_job([*given, "--root", str(root)]) == code, capsys.readouterr().err
        shown = capsys.readouterr()
        return (shown.out if code == 0 else shown.err).strip()

    last = [said(*words).splitlines()[-1] for words in commands_of_docs()]
    first, second = "promote: churn version 1", "promote: churn version 2"
    for line, expected in zip(
        last,
        [
            "system churn: nothing is released yet; train a model, then: ./spark-submit.sh jobs/release.py promote --system",
            "would be in use: churn version 1; dry run: nothing was changed",
            f"done: release 1 ({first}; ",
            f"done: release 2 ({second}; ",
            "would be in use: churn version 1; dry run: nothing was changed",
            "done: release 3 (rollback: churn version 1; ",
            "done: release 4 (rollback: churn version 2; ",
            "in use then: release 4 (rollback: churn version 2; ",
        ],
        strict=True,
    ):
        assert line.startswith(expected), line
    assert last[3].endswith("): in use now")
    table = said("show", "--system", PACKAGE, "--releases", "2")
    assert "rollback to 2" in table
    assert "churn_v2" in table
    assert re.search(r"^│ 3 ", table, re.MULTILINE)
    assert not re.search(r"^│ 2 ", table, re.MULTILINE)
    runs = features.audit.runs().where("job = 'release' AND system = 'churn' AND result = 'succeeded'")
    assert {row.batch for row in runs.select("batch").distinct().collect()} == {"promote", "rollback"}

    # A refusal names the command that goes on.
    refused = said("promote", "--system", PACKAGE, "--version", "1", "--expected", "3", code=2)
    assert f"decide again: ./spark-submit.sh jobs/release.py show --system {PACKAGE} --root {root}" in refused
    assert "--version x: give NUMBER or MODEL=NUMBER" in said("promote", "--system", PACKAGE, "--version", "x", code=2)
    assert "nothing would change; dry run" in said("promote", "--system", PACKAGE, "--version", "churn=2", "--dry-run")
    said("at", "2024-01-31T00:00:00", "--system", PACKAGE, code=2)

    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    names = {"SYSTEM": churn, "spark": features.handle.spark, "FeatureStore": FeatureStore, "datetime": datetime, "UTC": UTC}
    own = code.replace('"data"', repr(str(root))).replace('"flight_delays"', '"churn"')
    exec(compile(own, str(DOCS), "exec"), names)
    assert newest_releases(features.handle, "churn")[0].restored == 2
    assert [row.number for row in features.releases.show(churn).orderBy("number").collect()] == [1, 2, 3, 4, 5, 6]
    assert features.releases.at(churn, datetime.now(UTC)).number == 6


def test_a_version_without_a_model_is_for_systems_with_one() -> None:
    assert named_versions(["3"], ["churn"]) == {"churn": 3}
    assert named_versions(["a=1", "b=22"], ["a", "b"]) == {"a": 1, "b": 22}
    for texts, message in [
        (["3"], "--version 3: the system has the models a, b; give MODEL=3"),
        (["a=1", "a=2"], "--version names a twice"),
        (["=3"], "--version =3: give NUMBER or MODEL=NUMBER, such as --version 3 or --version a=3"),
        (["a=0"], "--version a=0: give NUMBER"),
    ]:
        with pytest.raises(UsageError, match=message):
            named_versions(texts, ["a", "b"])


# It comes last, because it takes a group away from the store that the tests share.
def test_a_release_whose_tables_columns_or_scorer_are_gone_is_refused(
    store: Store, registry: Registry, datasets: dict[FeatureView, str], root: Path, tmp_path: Path
) -> None:
    system = two_models(registry, datasets, "gone")
    left, stayed = system.models
    promote(store, registry, system, {left: 2, stayed: 2})
    promote(store, registry, system, {left: 1, stayed: 1})
    recorded = newest_releases(store, "gone")
    with pytest.raises(
        UsageError, match=r"system gone has no model 'gone_lef'; its models: gone_left, gone_stayed. Did you mean"
    ):
        promote(store, registry, system, {"gone_lef": 1})
    with pytest.raises(UnknownModelVersionError, match="model gone_left has no version 7 in MLflow; its versions: 1, 2"):
        promote(store, registry, system, {left: 7})
    path = store.layout.feature_group("activity_v2")
    kept = store.spark.read.format("delta").load(path).drop("pages").withColumn("visits", F.col("visits").cast("string"))
    kept.write.format("delta").mode("overwrite").option("overwriteSchema", "true").partitionBy("_bucket").save(path)
    for action in (lambda: rollback(store, registry, system), lambda: promote(store, registry, system, {left: 2})):
        with pytest.raises(ReleaseRefusedError) as refused:
            action()
        assert (
            "gone_left version 2 with feature view churn_v2 can't be released: column visits of feature group activity_v2 is "
            "string in its table, but the view reads int; feature group activity_v2 has no column pages any more (columns there: "
            "customer, visits). Load the feature group again" in str(refused.value)
        )
    Path(path).rename(tmp_path / "elsewhere")
    with pytest.raises(ReleaseRefusedError, match=r"activity_v2 has no table \(feature groups there: activity_v1, leaving_v1\)"):
        plan_rollback(store, registry, system)
    client = MlflowClient(registry.tracking_uri)
    client.set_model_version_tag(left, "1", "scorer_sha256", "0" * 64)
    with pytest.raises(CorruptScorerError, match=r"gone_left version 1 has a scorer with sha256 000.* but it was released with"):
        model_versions(registry, recorded[0])
    run = registry.version(stayed, 1).run_id
    next(root.glob(f"mlflow/artifacts/{stayed}/{run}/artifacts/scorer/scorer.zip")).unlink()
    with pytest.raises(CorruptScorerError, match="gone_stayed version 1 can't be read"):
        promote(store, registry, system, {stayed: 1})
    assert newest_releases(store, "gone") == recorded
