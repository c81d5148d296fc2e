"""Runs of equal values that are removed for good, and what arrives from before that moment."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from tests.writing import write_rows

from tidegate import Batch, FeatureGroup, FeatureStore, Field, FullState
from tidegate.errors import SettledRowsError
from tidegate.feature_groups.writing.settled_moment import collapse_group, settled_until
from tidegate.tables.read import current_version, read_table

pytestmark = pytest.mark.slow
FIELDS = (
    Field("season", T.StringType(), "season"),
    Field("game", T.StringType(), "game"),
    Field("score", T.IntegerType(), "goals"),
)
GROUP = FeatureGroup(
    "scores", 1, ("season", "game"), FIELDS, "scores", history="all", collapse_after=timedelta(hours=1), expected_rows=2_000_000
)
SCHEMA = "season string, game string, score int, event_time timestamp, available_at timestamp, _tombstone boolean"
# The season s is told by full states, the others by changes.
STATES = {1: {"a": 1, "b": 1}, 2: {"a": 1}, 3: {"a": 1, "b": 1}}
CHANGES = [("c", None, 1), ("c", 5, 2), ("c", 5, 3), ("d", 1, 1), ("d", 2, 2), ("d", 1, 3)]


def at(hour: int) -> datetime:
    return datetime(2024, 1, 2, hour, tzinfo=UTC)


def changed(spark: SparkSession, rows: Sequence[tuple[str, int | None, int]]) -> DataFrame:
    return spark.createDataFrame([("t", game, score, at(0), at(known), score is None) for game, score, known in rows], SCHEMA)


def load(spark: SparkSession, store: FeatureStore, moment: int, state: dict[str, int]) -> int:
    rows = spark.createDataFrame([("s", game, score, at(0), None, False) for game, score in state.items()], SCHEMA)
    return write_rows(store, GROUP, rows, Batch(contents=FullState(at(moment), {"season": "s"}))).table_version


def told(store: FeatureStore, hour: int) -> set[tuple[str, int]]:
    return {(row.game, row.score) for row in store.as_known(GROUP, at(hour)).collect()}


def test_collapse_changes_no_answer_and_settles_what_was_known(spark: SparkSession, tmp_path: Path) -> None:
    store = FeatureStore(spark, str(tmp_path / "collapsed"))
    path = store.layout.feature_group(GROUP.full_name)
    write_rows(store, GROUP, changed(spark, CHANGES))
    for moment in (3, 1, 2):
        load(spark, store, moment, STATES[moment])
    whole = FeatureStore(spark, shutil.copytree(store.layout.root, tmp_path / "whole").as_posix())
    answers = {hour: told(store, hour) for hour in (1, 2, 3)}
    hash_before, version = store.audit.content_hash(GROUP), current_version(spark, path)

    # a at 2 and 3 (beside a at 2 there is none else), c's end at 1, c at 3.
    planned = collapse_group(spark, path, GROUP, at(5), dry_run=True)
    assert planned is not None
    assert (planned.rows, planned.until, current_version(spark, path)) == (4, at(4), version)
    rows = read_table(spark, path).count()
    done = collapse_group(spark, path, GROUP, at(5))
    assert done == planned
    assert settled_until(spark, path) == at(4)
    assert read_table(spark, path).count() == rows - 4
    assert {hour: told(store, hour) for hour in (1, 2, 3)} == answers
    assert store.audit.content_hash(GROUP) == hash_before
    version = current_version(spark, path)
    # The moment never goes back.
    earlier = collapse_group(spark, path, GROUP, at(3))
    assert earlier is not None
    assert (earlier.rows, earlier.until, current_version(spark, path)) == (0, at(4), version)

    # The same batches again change nothing, although some of their observations are gone.
    replayed = write_rows(store, GROUP, changed(spark, CHANGES))
    assert (replayed.unchanged, replayed.table_version) == (len(CHANGES), version)
    assert [load(spark, store, moment, STATES[moment]) for moment in (2, 1)] == [version] * 2

    # What says something else is refused: a changed row between equal ones, an end, a state that lacks a row.
    with pytest.raises(SettledRowsError, match="2 row.s. have an available_at before 2024-01-02T04:00:00Z"):
        write_rows(store, GROUP, changed(spark, [("c", 6, 2), ("d", None, 3)]))
    with pytest.raises(
        SettledRowsError, match=r"have an available_at before 2024-01-02T04:00:00Z .*Give them a later available_at"
    ):
        load(spark, store, 3, {"a": 1})
    assert current_version(spark, path) == version

    # From the settled moment on everything is as without a collapse, states in any order too.
    for each in (whole, store):
        load(spark, each, 7, {"a": 1, "b": 2})
        load(spark, each, 5, {"b": 2, "e": 3})
    assert store.audit.content_hash(GROUP) == whole.audit.content_hash(GROUP)
    assert [told(store, hour) for hour in (4, 5, 7)] == [told(whole, hour) for hour in (4, 5, 7)]
