"""Feature groups that keep every observation, tombstones, and full states, on real Delta tables."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from tests.writing import write_rows

from tidegate import Batch, FeatureGroup, FeatureStore, Field, FullState
from tidegate.errors import ContradictingRowsError, DefinitionError, HistoryError
from tidegate.feature_groups.read import collapsed
from tidegate.tables.read import read_table

pytestmark = pytest.mark.slow

FIELDS = (
    Field("season", T.StringType(), "season"),
    Field("game", T.StringType(), "game"),
    Field("score", T.IntegerType(), "goals"),
)
LATEST = FeatureGroup("latest_scores", 1, ("season", "game"), FIELDS, "scores")
ALL = FeatureGroup("all_scores", 1, ("season", "game"), FIELDS, "scores", history="all")
BOTH = pytest.mark.parametrize("group", [LATEST, ALL], ids=["latest", "all"])
KICK_OFF = datetime(2024, 1, 1, tzinfo=UTC)
SCHEMA = "season string, game string, score int, event_time timestamp, available_at timestamp, _tombstone boolean"


def at(hour: int) -> datetime:
    return datetime(2024, 1, 2, hour, tzinfo=UTC)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> FeatureStore:
    return FeatureStore(spark, str(tmp_path))


def row(game: str, score: int | None, known: datetime | None, gone: bool = False, season: str = "s") -> tuple[object, ...]:
    return (season, game, score, KICK_OFF, known, gone)


def frame(spark: SparkSession, rows: Sequence[tuple[object, ...]]) -> DataFrame:
    return spark.createDataFrame(list(rows), SCHEMA)


def scores(rows: DataFrame) -> dict[str, int]:
    return {found.game: found.score for found in rows.collect()}


def test_all_history_keeps_every_observation_and_counts_every_kind(spark: SparkSession, store: FeatureStore) -> None:
    first = [row("a", 1, at(1)), row("a", 2, at(3)), row("b", 5, at(1)), row("c", 7, at(1))]
    written = write_rows(store, ALL, frame(spark, first))
    assert (written.read, written.inserted, written.updated) == (4, 3, 1)
    second = [
        row("a", 2, at(4)),  # the same value again
        row("a", 9, at(2)),  # known before what is stored
        row("b", None, at(2), gone=True),  # deleted
        row("c", 7, at(1)),  # exactly what is stored
        row("d", 4, at(2)),  # new
        row("d", 4, at(2)),  # twice
    ]
    written = write_rows(store, ALL, frame(spark, second))
    assert written.counts == {
        "inserted": 1, "updated": 1, "reobserved": 1, "unchanged": 1, "older": 1, "collapsed": 1,
        "quarantined": 0, "dropped": 0, "suppressed": 0
    }  # fmt: skip
    assert scores(store.read(ALL)) == {"a": 2, "c": 7, "d": 4}
    assert scores(store.as_known(ALL, at(1))) == {"a": 1, "b": 5, "c": 7}
    assert scores(store.as_known(ALL, at(2))) == {"a": 9, "c": 7, "d": 4}
    assert store.read(ALL).columns == ["season", "game", "score", "event_time", "available_at"]
    before = store.audit.content_hash(ALL)
    assert write_rows(store, ALL, frame(spark, [*second, *first])).table_version == written.table_version
    assert store.audit.content_hash(ALL) == before


def test_latest_history_says_that_it_has_no_past(spark: SparkSession, store: FeatureStore) -> None:
    write_rows(store, LATEST, frame(spark, [row("a", 1, at(1))]))
    with pytest.raises(HistoryError, match="latest_scores_v1 stores only the newest observations"):
        store.as_known(LATEST, at(2))


@BOTH
def test_tombstone_ends_a_row_and_a_later_value_brings_it_back(
    spark: SparkSession, store: FeatureStore, group: FeatureGroup
) -> None:
    write_rows(store, group, frame(spark, [row("a", 1, at(1)), row("b", 1, at(1))]))
    assert write_rows(store, group, frame(spark, [row("a", None, at(3), gone=True)])).updated == 1
    assert scores(store.read(group)) == {"b": 1}
    write_rows(store, group, frame(spark, [row("a", 4, at(2))]))
    assert scores(store.read(group)) == {"b": 1}
    write_rows(store, group, frame(spark, [row("a", 5, at(4))]))
    assert scores(store.read(group)) == {"a": 5, "b": 1}


@BOTH
def test_a_contradiction_of_what_is_stored_is_refused_whole(
    spark: SparkSession, store: FeatureStore, group: FeatureGroup
) -> None:
    first = write_rows(store, group, frame(spark, [row("a", 1, at(1))]))
    with pytest.raises(ContradictingRowsError, match=r"1 row.s. differ from the stored row .* season=s, game=a"):
        write_rows(store, group, frame(spark, [row("a", 2, at(1)), row("b", 2, at(1))]))
    assert scores(store.read(group)) == {"a": 1}
    assert write_rows(store, group, frame(spark, [row("a", 1, at(1))])).table_version == first.table_version


STATES = {1: [("a", 1), ("b", 1)], 2: [("a", 2)], 3: [("a", 2), ("b", 3)]}


@BOTH
def test_full_states_in_any_order_give_one_table(spark: SparkSession, store: FeatureStore, group: FeatureGroup) -> None:
    # Two seasons in one table, told by the same states in another order; a state of the one leaves the other alone.
    orders = {"s": (1, 2, 3), "t": (3, 1, 2)}
    for season, order in orders.items():
        for hour in order:
            rows = [row(game, score, None, season=season) for game, score in STATES[hour]]
            write_rows(store, group, frame(spark, rows), Batch(contents=FullState(at(hour), {"season": season})))

    def told(rows: DataFrame) -> dict[str, dict[str, int]]:
        found = rows.collect()
        return {season: {each.game: each.score for each in found if each.season == season} for season in orders}

    assert told(store.read(group)) == {season: dict(STATES[3]) for season in orders}
    if group.history == "all":
        for hour, state in STATES.items():
            assert told(store.as_known(group, at(hour))) == {season: dict(state) for season in orders}, hour
    # Not only the answers are the same: so is every observation that told something new.
    observed = collapsed(read_table(spark, store.layout.feature_group(group.full_name)), group).collect()
    of_s, of_t = ({each[1:] for each in observed if each.season == season} for season in orders)
    assert of_s == of_t


def test_full_state_counts_what_vanished_and_repeats_harmlessly(spark: SparkSession, store: FeatureStore) -> None:
    first = [row("a", 1, None), row("b", 1, None)]
    write_rows(store, ALL, frame(spark, first), Batch(contents=FullState(at(1))))
    written = write_rows(store, ALL, frame(spark, first[:1]), Batch(contents=FullState(at(2))))
    assert (written.read, written.reobserved, written.vanished) == (1, 1, 1)
    again = write_rows(store, ALL, frame(spark, first[:1]), Batch(contents=FullState(at(2))))
    assert (again.unchanged, again.vanished, again.table_version) == (1, 0, written.table_version)
    with pytest.raises(ContradictingRowsError):
        write_rows(store, ALL, frame(spark, []), Batch(contents=FullState(at(2))))


def test_full_state_with_a_scope_outside_the_key_is_refused(spark: SparkSession, store: FeatureStore) -> None:
    with pytest.raises(DefinitionError, match="scope of a full state names score. It takes only columns of the entity key"):
        write_rows(store, ALL, frame(spark, []), Batch(contents=FullState(at(1), {"score": 1})))
    with pytest.raises(DefinitionError, match="2024-01-02T01:00:00, which has no time zone"):
        FullState(at(1).replace(tzinfo=None))


def test_batch_with_an_id_is_applied_once(spark: SparkSession, store: FeatureStore) -> None:
    batch = Batch("monday", arrived_at=at(5))
    assert write_rows(store, ALL, frame(spark, [row("a", 1, None)]), batch).inserted == 1
    again = write_rows(store, ALL, frame(spark, [row("a", 2, None), row("b", 2, None)]), batch)
    assert (again.already_applied, again.read, again.summary) == (True, 0, "already applied")
    expected = frame(spark, [row("a", 1, at(5))]).drop("_tombstone")
    assert_df_equality(store.read(ALL), expected, ignore_nullable=True)
    note = store.history(ALL).select("userMetadata").first()
    assert note is not None
    assert '"batch": "monday"' in note[0]
    assert '"inserted": 1' in note[0]
