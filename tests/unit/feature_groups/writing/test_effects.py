"""What a new row does to the table, by both ways of comparing: windows for every table, pairs where an event has one row."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.write_cases import CASES, OLD, STAYS, Side, dust, hour, new_sides, rows_of, stored_sides

from tidegate import Batch, FeatureGroup
from tidegate.feature_groups.definition import BUCKET
from tidegate.feature_groups.writing.effects import CONCLUDED, EFFECT, KEPT
from tidegate.feature_groups.writing.pairs import by_pairs
from tidegate.feature_groups.writing.target import Target
from tidegate.feature_groups.writing.windows import by_windows
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.tables.store import Store

# Below the settled moment, four hours after noon, everything that changes something is late.
SETTLED = dict.fromkeys(CASES, "late") | {"the same": "unchanged", "never there": "unchanged", "known again": "unchanged"}

# In an immutable group only the values matter, not when they became known. Tombstones of events that are not stored are refused
# before the comparison.
SAME = ("the same", "known again")
IMMUTABLE = {
    name: "inserted" if stored is None else "unchanged" if name in SAME else "changing" for name, (stored, _, _) in CASES.items()
}


def rows(spark: SparkSession, sides: dict[str, Side]) -> DataFrame:
    """Make rows with the table's columns."""
    return rows_of(spark, sides).withColumn(BUCKET, F.lit(0))


@pytest.fixture
def compared(spark: SparkSession, tmp_path: Path) -> Callable[..., DataFrame]:
    """Compare the new rows of all cases with the stored ones, in one of the ways."""

    def by(way: str, of: FeatureGroup, settled: datetime | None = None) -> DataFrame:
        stored = rows(spark, stored_sides(CASES))
        new = rows(spark, new_sides(CASES))
        if way == "windows":
            return by_windows(new.withColumn(CONCLUDED, F.lit(False)), stored, of, settled, "and stored")
        target = Target(Store.open(spark, tmp_path), of, Batch(), str(tmp_path), 1, frozenset(), WriteSizes())
        return by_pairs(target, new, stored, settled, in_order=True, by_bucket=False)

    return by


def effects(compared: DataFrame) -> dict[str, str]:
    return {row["sensor"]: row[EFFECT] for row in compared.where(f"{EFFECT} <> ''").collect()}


@pytest.mark.parametrize("way", ["windows", "pairs"])
def test_each_case_has_its_effect(compared: Callable[..., DataFrame], way: str) -> None:
    latest = dust("latest")
    assert effects(compared(way, latest)) == {name: effect for name, (_, _, effect) in CASES.items()}
    assert effects(compared(way, latest, hour(4))) == SETTLED


@pytest.mark.parametrize("way", ["windows", "pairs"])
def test_a_row_of_an_immutable_group_repeats_an_event_or_would_change_it(compared: Callable[..., DataFrame], way: str) -> None:
    found = compared(way, dust("latest", sequence=None, immutable=True)).persist()
    assert effects(found) == IMMUTABLE
    assert found.where(f"NOT {KEPT}").isEmpty()


@pytest.mark.parametrize("way", ["windows", "pairs"])
def test_a_stored_row_is_kept_unless_a_new_one_takes_its_place(compared: Callable[..., DataFrame], way: str) -> None:
    found = {row["sensor"]: row[KEPT] for row in compared(way, dust("latest")).where(f"{KEPT} IS NOT NULL").collect()}
    assert found == {name: effect in STAYS for name, (stored, _, effect) in CASES.items() if stored is not None}


def test_the_value_that_pairs_return_is_the_one_that_belongs_into_the_table(compared: Callable[..., DataFrame]) -> None:
    found = {row["sensor"]: row["pm25"] for row in compared("pairs", dust("latest")).collect()}
    expected = {name: stored[0] if stored and effect in STAYS else new[0] for name, (stored, new, effect) in CASES.items()}
    assert found == expected


def test_a_table_of_all_observations_replaces_by_sequence_only(compared: Callable[..., DataFrame]) -> None:
    every = compared("windows", dust("all"))
    # Nothing known later makes an observation older there; it is one more.
    assert effects(every) == {name: effect for name, (_, _, effect) in CASES.items()}
    assert [row["sensor"] for row in every.where(f"NOT {KEPT}").collect()] == ["higher sequence"]


@pytest.mark.parametrize(("way", "repeated"), [("windows", 2), ("pairs", 1)])
def test_two_rows_of_one_event_are_found(spark: SparkSession, tmp_path: Path, way: str, repeated: int) -> None:
    latest = dust("latest")
    new = rows(spark, {"a": OLD, "b": OLD}).unionByName(rows(spark, {"a": (6, 1, 3, False)}))
    stored = rows(spark, {"a": OLD})
    if way == "windows":
        found = by_windows(new.withColumn(CONCLUDED, F.lit(False)), stored, latest)
    else:
        target = Target(Store.open(spark, tmp_path), latest, Batch(), str(tmp_path), 1, frozenset(), WriteSizes())
        found = by_pairs(target, new, stored, None, in_order=False, by_bucket=False)
    counts = Counter(row[EFFECT] for row in found.collect())
    assert (counts["repeated"], counts["inserted"]) == (repeated, 1)
