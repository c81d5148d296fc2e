"""A group of immutable events: repetitions change nothing, and a batch that would change an event is refused whole."""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from tests.write_cases import Side, dust, hour, rows_of

from tidegate import Batch, FullState
from tidegate.errors import DefinitionError, ImmutableRowsError, UsageError
from tidegate.feature_groups.writing.delete import Deletion, RowChoice, delete_rows_of
from tidegate.feature_groups.writing.write import write_group
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.tables.create import table_exists
from tidegate.tables.read import current_version, read_table
from tidegate.tables.store import Store

EVENTS = dust(sequence=None, immutable=True, name="events")
BY_BUCKETS, BY_WINDOWS = WriteSizes(), WriteSizes(small_table=-1, may_mark=False)


def batch(spark: SparkSession, *sides: tuple[str, Side]) -> DataFrame:
    """Make rows; a sensor may have several."""
    rows = rows_of(spark, dict(sides[:1]))
    for side in sides[1:]:
        rows = rows.union(rows_of(spark, dict([side])))
    return rows


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> Store:
    return Store.open(spark, str(tmp_path))


def refused(store: Store, *sides: tuple[str, Side]) -> str:
    with pytest.raises(ImmutableRowsError) as caught:
        write_group(store, EVENTS, batch(store.spark, *sides))
    return str(caught.value)


@pytest.mark.slow
def test_repetitions_change_nothing_and_changes_are_refused_whole(store: Store) -> None:
    # Of rows of one event in one batch, the one that became known first is stored.
    first = [("a", (5, 1, 4, False)), ("a", (5, 1, 2, False)), ("a", (5, 1, 3, False)), ("b", (None, 1, 2, False))]
    written = write_group(store, EVENTS, batch(store.spark, *first))
    assert (written.read, written.inserted, written.collapsed) == (4, 2, 2)
    path = store.layout.feature_group(EVENTS.full_name)
    for sizes, new in ((BY_BUCKETS, "c"), (BY_WINDOWS, "d")):
        repeated = [("a", (5, 1, 9, False)), ("b", (None, 1, 1, False)), (new, (7, 1, 2, False))]
        written = write_group(store, EVENTS, batch(store.spark, *repeated), sizes=sizes)
        assert (written.inserted, written.unchanged) == (1, 2)
    version = current_version(store.spark, path)
    stored = {(row["sensor"], row["pm25"], row["available_at"]) for row in read_table(store.spark, path).collect()}
    assert stored == {(name, pm25, hour(2).replace(tzinfo=None)) for name, pm25 in (("a", 5), ("b", None), ("c", 7), ("d", 7))}

    new = ("e", (1, 1, 2, False))
    message = refused(store, new, ("a", (6, 1, 1, False)))
    assert message.startswith(
        "feature group events_v1 is immutable, and 1 row(s) of the batch would change one of its events, for example "
        "sensor=a, event_time=2024-01-01 12:00:00 UTC. Such a row is a tombstone, or it differs from a stored row"
    )
    assert "for example sensor=f," in refused(store, new, ("f", (None, None, 5, True)))
    assert "for example sensor=f," in refused(store, new, ("f", (1, 1, 5, False)), ("f", (2, 1, 6, False)))
    assert current_version(store.spark, path) == version


def test_full_states_and_deletions_at_a_moment_are_refused_before_anything_is_made(store: Store) -> None:
    rows = rows_of(store.spark, {"a": (5, 1, 2, False)})
    with pytest.raises(DefinitionError, match="feature group events_v1 is immutable, so it takes no full states"):
        write_group(store, EVENTS, rows, Batch(contents=FullState(hour(3))))
    with pytest.raises(UsageError, match="events_v1 is immutable, so its rows hold for good .* Remove wrong rows with purge"):
        delete_rows_of(store, EVENTS, RowChoice(start=hour(0)), Deletion.chosen(hour(3), purge=False, dry_run=False))
    assert not table_exists(store.spark, store.layout.feature_group(EVENTS.full_name))
