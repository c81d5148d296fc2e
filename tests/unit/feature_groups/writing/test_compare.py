"""The comparison of a batch with the stored rows, by every way that the sizes of batch and table choose."""

from collections import Counter

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.write_cases import CASES, STAYS, WRITABLE, dust, hour, new_sides, rows_of, stored_sides
from tests.write_steps import admitted, compared, target_of

from tidegate.errors import ContradictingRowsError, SettledRowsError
from tidegate.feature_groups.writing.compare import ComparedRows, compare
from tidegate.feature_groups.writing.effects import CONCLUDED, EFFECT, KEPT, REPLACING
from tidegate.feature_groups.writing.settled_moment import SETTLED_PROPERTY
from tidegate.feature_groups.writing.write import write_group
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.tables.delta_log.files import data_files
from tidegate.tables.evolve import set_properties
from tidegate.tables.store import Store

pytestmark = pytest.mark.slow
LATEST = dust("latest")
BUCKETS, PLACES = "the buckets of a small table", "places of the replaced rows"
WAYS = {
    BUCKETS: WriteSizes(),
    PLACES: WriteSizes(small_table=-1),
    "related rows alone": WriteSizes(small_table=-1, may_mark=False),
}


@pytest.fixture(scope="module")
def store(spark_of_process: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store whose table of `LATEST` holds the stored row of each case; no test of this file changes that table."""
    store = Store.open(spark_of_process, tmp_path_factory.mktemp("compared"))
    write_group(store, LATEST, rows_of(spark_of_process, stored_sides(CASES)))
    return store


def expected_rows(spark: SparkSession, way: str) -> list[tuple[str, str, bool | None]]:
    """Return sensor, effect and whether the stored row is kept, of all rows that a way returns."""
    rows: list[tuple[str, str, bool | None]] = []
    for sensor, (stored, _, effect) in WRITABLE.items():
        kept = None if stored is None else effect in STAYS
        if way == BUCKETS:
            # One row an event: the new one or the stored one.
            rows.append((sensor, effect, kept))
            continue
        rows.append((sensor, effect, None))
        if way == PLACES and kept is False:
            rows.append((sensor, "", False))
    if way == BUCKETS:
        rows.append(("contradicts", "", True))
    return rows


@pytest.mark.parametrize("way", WAYS)
def test_each_row_has_its_effect_by_every_way(spark: SparkSession, store: Store, way: str) -> None:
    found = compared(target_of(store, LATEST, sizes=WAYS[way]), new_sides(WRITABLE))
    expected = spark.createDataFrame(expected_rows(spark, way), f"sensor string, {EFFECT} string, {KEPT} boolean")
    assert_df_equality(found.rows.select("sensor", EFFECT, KEPT), expected, ignore_row_order=True, ignore_nullable=True)
    effects = Counter(effect for _, _, effect in WRITABLE.values())
    assert (found.counts.read, found.counts.concluded) == (effects, Counter())
    assert found.replacing == sum(effects[each] for each in REPLACING) == 4
    assert (found.rewritten, found.touched is not None) == ((0,) if way == BUCKETS else None, way == PLACES)
    if way == BUCKETS:
        assert (found.counts.kept, found.counts.replaced) == (len(stored_sides(CASES)) - 4, 4)
    if way == PLACES:
        [file] = data_files(spark, store.layout.feature_group("dust_v1"), "_bucket", "event_time")
        assert (found.touched, found.counts.replaced) == ({file.name}, 4)


def test_a_first_batch_is_inserted(store: Store) -> None:
    other = dust("latest", name="first")
    found = compared(target_of(store, other), new_sides(CASES))
    assert (found.counts.read, found.replacing) == (Counter(inserted=len(CASES)), 0)


def test_rows_that_are_not_in_order_are_given_back(spark: SparkSession, store: Store) -> None:
    target = target_of(store, LATEST)
    twice = rows_of(spark, {"the same": (5, 1, 3, False)}).union(rows_of(spark, {"the same": (6, 1, 4, False)}))
    assert compare(admitted(target, twice, in_order=False)) is None
    in_order = compare(admitted(target, twice))
    assert isinstance(in_order, ComparedRows)
    assert in_order.counts.read == Counter(updated=1)


def test_a_contradiction_is_named(store: Store) -> None:
    with pytest.raises(ContradictingRowsError) as caught:
        compared(target_of(store, LATEST), new_sides(CASES))
    assert str(caught.value).startswith(
        "feature group dust_v1: 1 row(s) differ from the stored row with the same key, event_time and available_at, for example "
        "sensor=contradicts, event_time=2024-01-01 12:00:00"
    )
    assert "or declare `sequence`" in str(caught.value)


def test_rows_before_the_settled_moment_are_named(spark: SparkSession, store: Store) -> None:
    settled = dust("all", name="settled")
    target = target_of(store, settled)
    set_properties(spark, target.path, {SETTLED_PROPERTY: hour(4).isoformat()})
    with pytest.raises(SettledRowsError) as caught:
        compared(target, {"late": (5, 1, 2, False), "late too": (5, 1, 3, False), "later": (5, 1, 5, False)})
    assert str(caught.value).startswith("feature group settled_v1: 2 row(s) have an available_at before 2024-01-01T16:00:00Z")
    assert "Give them a later available_at" in str(caught.value)


def test_no_stored_row_of_all_observations_gives_way_but_to_a_higher_sequence(spark: SparkSession, store: Store) -> None:
    write_group(store, dust("all", name="every"), rows_of(spark, stored_sides(CASES)))
    found = compared(target_of(store, dust("all", name="every")), new_sides(WRITABLE))
    assert (found.replacing, found.counts.replaced) == (1, 1)
    assert [row["sensor"] for row in found.rows.where(f"NOT {KEPT}").collect()] == ["higher sequence"]
    assert found.rows.where(F.col(CONCLUDED)).isEmpty()
