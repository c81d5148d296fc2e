"""The store from end to end on a few rows: groups, features as known, training dataset, erasure."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate import FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Field
from tidegate.datasets.absent_groups import with_marked_features
from tidegate.errors import MissingGroupError, NoLabelsError, RowCountError, TiedRowsError
from tidegate.subjects.keyed_hash import SECRET_VARIABLE
from tidegate.tables.create import table_exists
from tidegate.tables.write import append_rows

PATIENT = Field("patient", T.StringType(), "patient id")
PULSE = FeatureGroup(
    "pulse", 1, ("patient",), (PATIENT, Field("pulse", T.DoubleType(), "heart rate", "1/min")), "pulse", subject="patient"
)
OUTCOMES = FeatureGroup(
    "outcomes", 1, ("patient",), (PATIENT, Field("ill", T.IntegerType(), "1 ill, 0 well")), "outcomes", subject="patient"
)
VIEW = FeatureView("illness", 1, OUTCOMES, OUTCOMES, ("ill",), (FeatureChoice(PULSE, ("pulse",), timedelta(days=1)),))


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2024, 1, day, hour, tzinfo=UTC)


@pytest.fixture(scope="module")
def written(spark_of_process: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a store with both groups, written once; each test has a copy."""
    root, spark = tmp_path_factory.mktemp("written") / "root", spark_of_process
    store = FeatureStore(spark, str(root))
    pulse = [("p1", 60.0, at(1), at(1)), ("p1", 90.0, at(2, 12), at(3)), ("p2", 70.0, at(1), at(1))]
    store.write(PULSE, spark.createDataFrame(pulse, PULSE.schema))
    outcomes = [("p1", 0, at(1, 12), at(2)), ("p1", 1, at(3), at(4)), ("p2", 0, at(3), at(9)), ("p3", 1, at(1, 12), at(2))]
    store.write(OUTCOMES, spark.createDataFrame(outcomes, OUTCOMES.schema))
    return root


@pytest.fixture
def store(spark: SparkSession, written: Path, tmp_path: Path) -> FeatureStore:
    return FeatureStore(spark, str(shutil.copytree(written, tmp_path / "root")))


def test_training_dataset_holds_known_labels_with_features_of_their_time(spark: SparkSession, store: FeatureStore) -> None:
    built = store.training_dataset(VIEW, at(1), at(5))
    # p2's label became known after the 5th; p1's pulse of the 2nd was not known on the 1st.
    expected = [("p1", at(1, 12), 0, 60.0), ("p1", at(3), 1, 90.0), ("p3", at(1, 12), 1, None)]
    schema = "patient string, event_time timestamp, ill int, pulse double"
    assert_df_equality(built.frame, spark.createDataFrame(expected, schema), ignore_row_order=True, ignore_nullable=True)
    assert (built.manifest.rows, built.reused) == (3, False)
    assert dict(built.manifest.inputs.group_versions) == {"outcomes_v1": 1, "pulse_v1": 1}

    again = store.training_dataset(VIEW, at(1), at(5))
    assert (again.reused, again.manifest) == (True, built.manifest)

    correction = spark.createDataFrame([("p1", 61.0, at(1), at(1, 1))], PULSE.schema)
    assert store.write(PULSE, correction).updated == 1
    changed = store.training_dataset(VIEW, at(1), at(5))
    assert changed.manifest.dataset_id != built.manifest.dataset_id
    assert changed.manifest.content_hash != built.manifest.content_hash
    assert store.audit.manifests().count() == 2
    assert {row.pulse for row in built.frame.select("pulse").collect()} == {60.0, 90.0, None}


def test_training_dataset_needs_groups_and_labels(spark: SparkSession, store: FeatureStore, tmp_path: Path) -> None:
    with pytest.raises(NoLabelsError, match="outcomes_v1: no label"):
        store.training_dataset(VIEW, at(20), at(21))
    with pytest.raises(MissingGroupError, match="outcomes_v1 has no table"):
        FeatureStore(spark, str(tmp_path / "empty")).training_dataset(VIEW, at(1), at(5))


def test_training_dataset_tells_tied_feature_rows_and_records_nothing(spark: SparkSession, store: FeatureStore) -> None:
    # The write contract lets no tie in; a table that somebody else wrote to can hold one.
    rows = [("p1", value, at(1), at(1), False, 0) for value in (1.0, 2.0)]
    twice = spark.createDataFrame(rows, PULSE.stored_schema)
    append_rows(twice, store.layout.feature_group("pulse_v1"))
    with pytest.raises(TiedRowsError, match=r"group pulse have the same entity key, event_time .2024-01-01 00:00:00"):
        store.training_dataset(VIEW, at(1), at(5))
    assert not table_exists(spark, store.layout.manifests)


def test_training_dataset_that_lost_or_doubled_a_row_is_withdrawn(
    spark: SparkSession, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doubling(*arguments: object, **named: object) -> DataFrame:
        joined = with_marked_features(*arguments, **named)  # type: ignore[arg-type]
        return joined.unionByName(joined.where("patient = 'p3'"))

    monkeypatch.setattr("tidegate.datasets.training_dataset.with_marked_features", doubling)
    with pytest.raises(RowCountError, match="the join got 3 label rows and returned 4 rows"):
        store.training_dataset(VIEW, at(1), at(5))
    assert not table_exists(spark, store.layout.manifests)


def test_forget_empties_every_table_of_a_subject(
    spark: SparkSession, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    dataset = store.training_dataset(VIEW, at(1), at(5)).frame
    subjects = spark.createDataFrame([("p1",)], "subject string")
    receipt = store.forget(subjects, "case-1")
    removed = {table.path.split("/")[0]: table.rows_removed for table in receipt.tables}
    assert removed == {"feature_groups": 2, "training_datasets": 2}
    assert (receipt.erased, receipt.rows_removed) == (True, 6)
    assert [row.patient for row in dataset.select("patient").collect()] == ["p3"]
    again = store.write(PULSE, spark.createDataFrame([("p1", 60.0, at(1), at(1))], PULSE.schema))
    assert (again.suppressed, again.inserted) == (1, 0)


def test_statistics_of_every_commit_are_taken_and_hold_no_person(spark: SparkSession, store: FeatureStore) -> None:
    found = {(row.group, row.table_version, row.feature): row for row in store.catalog.statistics().collect()}
    assert set(found) == {
        ("outcomes", 1, "ill"), ("outcomes", 1, "event_time"), ("pulse", 1, "pulse"), ("pulse", 1, "event_time"),
    }  # fmt: skip
    pulse = found["pulse", 1, "pulse"]
    assert (pulse.rows, pulse.nulls, pulse.minimum, pulse.maximum, round(pulse.mean, 6)) == (3, 0, 60.0, 90.0, 73.333333)
    # The same again: no commit, no statistics. Tombstones have no values.
    again = [("p1", 60.0, at(1), at(1), False), ("p2", None, at(1), at(2), True), ("p9", 50.0, at(1), at(1), False)]
    store.write(PULSE, spark.createDataFrame(again[:1], PULSE.schema.add("_tombstone", "boolean")))
    store.write(PULSE, spark.createDataFrame(again[1:], PULSE.schema.add("_tombstone", "boolean")))
    later = {row.table_version: row for row in store.catalog.statistics(PULSE).where("feature = 'pulse'").collect()}
    assert {version: (row.rows, row.mean) for version, row in later.items()} == {1: (3, pulse.mean), 2: (1, 50.0)}
