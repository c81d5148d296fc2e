"""A feature group of which most rows find no row stops training datasets and predictions, unless that was said to be right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Field
from tidegate.datasets.absent_groups import absent_counts, absent_groups, choice_names, with_marked_features
from tidegate.datasets.training_dataset import TrainingDataset
from tidegate.datasets.view_rows import Span, current_snapshot
from tidegate.errors import AbsentGroupsError, DefinitionError
from tidegate.tables.create import table_exists

KEY = Field("key", T.StringType(), "key")
DAY = datetime(2024, 1, 10, tzinfo=UTC)
LABELS = FeatureGroup("labels", 1, ("key",), (KEY, Field("y", T.IntegerType(), "target")), "labels")
# Of four rows so many find a row of each group; `empty` values are NULL in rows that are there.
SHARES = {"half": 2, "too_old": 0, "known_later": 0, "never": 0, "empty": 4}


def group(name: str) -> FeatureGroup:
    return FeatureGroup(name, 1, ("key",), (KEY, Field(name, T.DoubleType(), name)), name, delay=timedelta(0))


GROUPS = {name: group(name) for name in SHARES}


def choice(name: str, may_lack: float = 0.5) -> FeatureChoice:
    return FeatureChoice(GROUPS[name], (name,), timedelta(days=2), may_lack=may_lack)


def view(*choices: FeatureChoice) -> FeatureView:
    return FeatureView("lacking", 1, LABELS, LABELS, ("y",), choices)


@pytest.fixture(scope="module")
def store(spark_of_process: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    store = FeatureStore(spark_of_process, str(tmp_path_factory.mktemp("root")))
    labels = [(f"k{place}", place % 2, DAY, None) for place in range(4)]
    store.write(LABELS, spark_of_process.createDataFrame(labels, LABELS.schema))
    for name, found in SHARES.items():
        event = DAY - timedelta(days=3 if name == "too_old" else 1)
        known = DAY + timedelta(days=1) if name == "known_later" else None
        rows = found or (0 if name == "never" else 4)
        value = None if name == "empty" else 1.0
        frame = [(f"k{place}", value, event, known) for place in range(rows)]
        store.write(GROUPS[name], spark_of_process.createDataFrame(frame, GROUPS[name].schema))
    return store


def test_rows_say_of_which_groups_they_found_no_row(store: FeatureStore, spark: SparkSession) -> None:
    """The oracle is how many rows each group was given; a row of NULLs is a row."""
    whole = view(*map(choice, SHARES))
    snapshot = current_snapshot(store.handle, (LABELS, *whole.groups))
    rows = snapshot.standing(LABELS).select("key", "event_time")
    marked = with_marked_features(snapshot, whole, rows, Span(DAY, DAY + timedelta(days=1)))
    counts = [column.alias(name) for name, column in absent_counts(whole).items()]
    listed = F.collect_list(F.concat_ws(" ", "key", F.concat_ws(",", absent_groups(whole)))).alias("listed")
    found = marked.agg(*counts, listed).first()
    assert found is not None
    assert {name: 4 - found[f"{name}_v1"] for name in SHARES} == SHARES
    nowhere = "too_old_v1,known_later_v1,never_v1"
    assert sorted(found["listed"]) == [f"k{place} {'half_v1,' if place > 1 else ''}{nowhere}" for place in range(4)]


def test_a_training_dataset_without_a_group_is_refused_and_leaves_nothing(store: FeatureStore, spark: SparkSession) -> None:
    def build(chosen: FeatureView) -> TrainingDataset:
        return store.training_dataset(chosen, DAY, DAY + timedelta(days=1))

    lacking = view(*map(choice, ("empty", "half", "too_old", "never")))
    with pytest.raises(AbsentGroupsError) as refused:
        build(lacking)
    told = str(refused.value)
    assert (
        "too_old_v1: 4 of 4 rows found no row in it (at most 50% may); its newest row became known at 2024-01-07T00:00:00Z"
        in told
    )
    assert "2 days, 0:00:00 after its event (look-back)" in told
    assert "never_v1: 4 of 4 rows found no row in it (at most 50% may); the group is empty" in told
    assert "half_v1" not in told
    assert not table_exists(spark, store.layout.manifests)
    folder = Path(store.layout.root) / "training_datasets" / "lacking_v1"
    assert not [file for file in folder.glob("*") if not file.name.startswith(".")]

    allowed = build(lacking.allowing_absent())
    assert allowed.manifest.absent == {"half_v1": 2, "too_old_v1": 4, "never_v1": 4}
    assert allowed.frame.count() == 4
    # What one run let through is no licence for the next.
    with pytest.raises(AbsentGroupsError, match="(?s)feature view lacking_v1: .*too_old_v1: 4 of 4 rows"):
        build(lacking)
    assert build(lacking.allowing_absent()).manifest == allowed.manifest


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_choice_refuses_what_is_no_share(share: float) -> None:
    with pytest.raises(DefinitionError, match="may_lack is .*; give a share between 0 and 1"):
        choice("half", share)


def test_a_group_that_is_there_twice_is_named_with_its_lookback() -> None:
    second = replace(choice("half"), lookback=timedelta(days=9), rename={"half": "half_9"})
    assert choice_names(view(choice("half"), second)) == ["half_v1 (2 days, 0:00:00)", "half_v1 (9 days, 0:00:00)"]
