"""Deleting rows of a group: tombstones that the past still explains, and purging."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from tests.writing import write_rows

from tidegate import Batch, FeatureGroup, FeatureStore, Field, FullState, RowChoice
from tidegate.errors import (
    ContradictingRowsError,
    DefinitionError,
    MissingGroupError,
    SchemaMismatchError,
    UsageError,
)
from tidegate.tables.read import file_count

pytestmark = pytest.mark.slow

FIELDS = (
    Field("person", T.StringType(), "who"),
    Field("sensor", T.StringType(), "where"),
    Field("score", T.IntegerType(), "points"),
)
LATEST = FeatureGroup("latest_scores", 1, ("person", "sensor"), FIELDS, "scores", subject="person")
ALL = FeatureGroup("all_scores", 1, ("person", "sensor"), FIELDS, "scores", subject="person", history="all")
BOTH = pytest.mark.parametrize("group", [LATEST, ALL], ids=["latest", "all"])
SCHEMA = "person string, sensor string, score int, event_time timestamp, available_at timestamp"
NAMES = ("grace-hopper", "ada-lovelace")


def at(hour: int) -> datetime:
    return datetime(2024, 1, 2, hour, tzinfo=UTC)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> FeatureStore:
    return FeatureStore(spark, str(tmp_path))


def frame(spark: SparkSession, *rows: tuple[str, str, int, int, int | None]) -> DataFrame:
    """Rows of person, sensor, score, hour of the event, hour from which on it is known."""
    moments = [(*key, at(event), None if known is None else at(known)) for *key, event, known in rows]
    return spark.createDataFrame(moments, SCHEMA)


def scores(rows: DataFrame) -> set[tuple[str, int]]:
    return {(row.sensor, row.score) for row in rows.collect()}


@BOTH
def test_delete_marks_rows_that_the_past_still_explains(spark: SparkSession, store: FeatureStore, group: FeatureGroup) -> None:
    a, b = NAMES
    write_rows(store, group, frame(spark, (a, "x", 1, 1, 1), (b, "x", 2, 1, 1), (a, "y", 3, 2, 1), (a, "x", 4, 3, 5)))
    wrong_sensor = RowChoice(keys=spark.createDataFrame([("x",), ("x",), (None,)], "sensor string"))
    before = store.history(group).count()
    planned = store.delete(group, wrong_sensor, known_at=at(4), dry_run=True)
    assert (planned.rows, planned.files, planned.purged, planned.dry_run) == (2, 1, False, True)
    assert store.history(group).count() == before
    with pytest.raises(ContradictingRowsError):
        store.delete(group, wrong_sensor, known_at=at(5))
    done = store.delete(group, wrong_sensor, known_at=at(4))
    assert (done.rows, done.table_version) == (2, planned.table_version + 1)
    # What became known after that moment stays.
    assert scores(store.read(group)) == {("y", 3), ("x", 4)}
    if group.history == "all":
        assert scores(store.as_known(group, at(3))) == {("x", 1), ("x", 2), ("y", 3)}
        assert scores(store.as_known(group, at(4))) == {("y", 3)}
    again = store.delete(group, wrong_sensor, known_at=at(4))
    assert (again.rows, again.table_version) == (0, done.table_version)
    by_both = RowChoice(spark.createDataFrame([(a,)], "person string"), start=at(3), end=at(4))
    assert store.delete(group, by_both, known_at=at(6)).rows == 1
    assert scores(store.read(group)) == {("y", 3)}


def test_purge_removes_rows_and_leaves_no_value_in_the_log(spark: SparkSession, store: FeatureStore, tmp_path: Path) -> None:
    a, b = NAMES
    write_rows(store, ALL, frame(spark, (a, "x", 1, 1, 1), (a, "x", 2, 1, 2), (b, "x", 3, 1, 1), (b, "y", 4, 3, 3)))
    by_key = RowChoice(spark.createDataFrame([(a, at(1))], "person string, event_time timestamp"))
    done = store.delete(ALL, by_key, purge=True)
    assert (done.rows, done.files, done.purged) == (2, 1, True)
    assert scores(store.as_known(ALL, at(9))) == {("x", 3), ("y", 4)}
    assert scores(store.as_known(ALL, at(1))) == {("x", 3)}
    again = store.delete(ALL, by_key, purge=True)
    assert (again.rows, again.table_version) == (0, done.table_version)
    # Its end doesn't belong to a period.
    assert store.delete(ALL, RowChoice(start=at(2), end=at(3)), purge=True).rows == 0
    narrowed = RowChoice(spark.createDataFrame([(b,)], "person string"), end=at(3))
    assert store.delete(ALL, narrowed, purge=True).rows == 1
    assert store.delete(ALL, RowChoice(start=at(3)), purge=True).rows == 1
    path = tmp_path / "feature_groups" / ALL.full_name
    assert file_count(spark, str(path)) == 0
    logged = "".join(file.read_text() for file in (path / "_delta_log").glob("*.json"))
    assert '"purged' in logged
    assert not [name for name in NAMES if name in logged]
    assert write_rows(store, ALL, frame(spark, (a, "x", 7, 1, 1))).inserted == 1


def test_purged_states_are_loaded_again_newest_first(spark: SparkSession, store: FeatureStore) -> None:
    states = {1: [("s", "a", 1), ("s", "b", 1)], 2: [("s", "a", 2)]}

    def load(hour: int) -> None:
        rows = frame(spark, *((*row, 1, None) for row in states[hour]))
        write_rows(store, ALL, rows, Batch(contents=FullState(at(hour))))

    load(1)
    load(2)
    told = store.audit.content_hash(ALL)
    assert store.delete(ALL, RowChoice(start=at(0)), purge=True).rows == 4
    load(2)
    load(1)
    assert store.audit.content_hash(ALL) == told


def test_delete_refuses_what_is_no_choice_and_no_deletion(spark: SparkSession, store: FeatureStore) -> None:
    everything = RowChoice(start=at(0))
    with pytest.raises(DefinitionError, match="names neither keys nor"):
        RowChoice()
    with pytest.raises(DefinitionError, match="the end of a choice of rows is 2024-01-02T01:00:00, which has no time zone"):
        RowChoice(end=at(1).replace(tzinfo=None))
    for known_at, purge in ((None, False), (at(1), True)):
        with pytest.raises(UsageError, match="needs known_at"):
            store.delete(ALL, everything, known_at=known_at, purge=purge)
    with pytest.raises(DefinitionError, match="2024-01-02T01:00:00, which has no time zone"):
        store.delete(ALL, everything, known_at=at(1).replace(tzinfo=None))
    with pytest.raises(MissingGroupError, match="all_scores_v1"):
        store.delete(ALL, everything, purge=True)
    write_rows(store, ALL, frame(spark, ("p", "x", 1, 1, 1)))
    keys = spark.createDataFrame([(1, 2)], "person int, score int")
    with pytest.raises(SchemaMismatchError) as caught:
        store.delete(ALL, RowChoice(keys), purge=True)
    for said in ("column person is int, declared string", "unexpected column score; allowed: person, sensor, event_time"):
        assert said in str(caught.value)
    with pytest.raises(SchemaMismatchError, match="no column of person"):
        store.delete(ALL, RowChoice(keys.drop("person", "score")), purge=True)


def test_spans_of_a_group_are_checked() -> None:
    with pytest.raises(DefinitionError, match="retention is -1 day"):
        FeatureGroup("g", 1, ("person",), FIELDS, "scores", retention=-timedelta(days=1))
    with pytest.raises(DefinitionError, match="collapse_after is for history='all'"):
        FeatureGroup("g", 1, ("person",), FIELDS, "scores", collapse_after=timedelta(days=1))
