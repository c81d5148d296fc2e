"""What a new row does to the table, by both ways of comparing: windows for every table, pairs where an event has one row."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Batch, FeatureGroup, Field
from tidegate.feature_groups.writing.effects import CONCLUDED, EFFECT, KEPT
from tidegate.feature_groups.writing.limits import WriteLimits
from tidegate.feature_groups.writing.pairs import by_pairs
from tidegate.feature_groups.writing.target import Target
from tidegate.feature_groups.writing.windows import by_windows
from tidegate.tables.store import Store

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
FIELDS = (
    Field("sensor", T.StringType(), "sensor"),
    Field("pm25", T.LongType(), "fine dust"),
    Field("revision", T.LongType(), "of the report"),
)
TABLE = "sensor string, pm25 long, revision long, event_time timestamp, available_at timestamp, _tombstone boolean, _bucket int"
# Value, revision, hours after noon, whether it is a tombstone.
Side = tuple[int | None, int, int, bool]
OLD: Side = (5, 1, 2, False)
# By the name of the sensor: its stored row, if there is one, its new row, and what that does to a table of the latest rows.
CASES: dict[str, tuple[Side | None, Side, str]] = {
    "nothing stored": (None, OLD, "inserted"),
    "the same": (OLD, OLD, "unchanged"),
    "known again": (OLD, (5, 1, 3, False), "reobserved"),
    "another value": (OLD, (6, 1, 3, False), "updated"),
    "no longer holds": (OLD, (None, 0, 3, True), "updated"),
    "known before": (OLD, (6, 1, 1, False), "older"),
    "contradicts": (OLD, (6, 1, 2, False), "conflicting"),
    "higher sequence": (OLD, (6, 2, 2, False), "replaced"),
    "lower sequence": (OLD, (6, 0, 2, False), "superseded"),
    "never there": (None, (None, 0, 3, True), "inserted"),
}
# Below the settled moment, four hours after noon, everything that changes something is late.
SETTLED = dict.fromkeys(CASES, "late") | {"the same": "unchanged", "never there": "unchanged", "known again": "unchanged"}
STAYS = ("unchanged", "older", "conflicting", "superseded", "late")


def group(history: Literal["all", "latest"], sequence: str | None = "revision") -> FeatureGroup:
    return FeatureGroup("dust", 1, ("sensor",), FIELDS, "dust", history=history, sequence=sequence)


def rows(spark: SparkSession, sides: dict[str, Side]) -> DataFrame:
    made = [
        (name, pm25, revision, NOON, NOON + timedelta(hours=hours), gone, 0)
        for name, (pm25, revision, hours, gone) in sides.items()
    ]
    return spark.createDataFrame(made, TABLE)


@pytest.fixture
def compared(spark: SparkSession, tmp_path: Path) -> Callable[..., DataFrame]:
    """Compare the new rows of all cases with the stored ones, in one of the ways."""

    def by(way: str, of: FeatureGroup, settled: datetime | None = None) -> DataFrame:
        stored = rows(spark, {name: side for name, (side, _, _) in CASES.items() if side is not None})
        new = rows(spark, {name: side for name, (_, side, _) in CASES.items()})
        if way == "windows":
            return by_windows(new.withColumn(CONCLUDED, F.lit(False)), stored, of, settled, "and stored")
        target = Target(Store.open(spark, tmp_path), of, Batch(), str(tmp_path), 1, frozenset(), WriteLimits())
        return by_pairs(target, new, stored, settled, in_order=True, by_bucket=False)

    return by


def effects(compared: DataFrame) -> dict[str, str]:
    return {row["sensor"]: row[EFFECT] for row in compared.where(f"{EFFECT} <> ''").collect()}


@pytest.mark.parametrize("way", ["windows", "pairs"])
def test_each_case_has_its_effect(compared: Callable[..., DataFrame], way: str) -> None:
    latest = group("latest")
    assert effects(compared(way, latest)) == {name: effect for name, (_, _, effect) in CASES.items()}
    assert effects(compared(way, latest, NOON + timedelta(hours=4))) == SETTLED


@pytest.mark.parametrize("way", ["windows", "pairs"])
def test_a_stored_row_is_kept_unless_a_new_one_takes_its_place(compared: Callable[..., DataFrame], way: str) -> None:
    found = {row["sensor"]: row[KEPT] for row in compared(way, group("latest")).where(f"{KEPT} IS NOT NULL").collect()}
    assert found == {name: effect in STAYS for name, (stored, _, effect) in CASES.items() if stored is not None}


def test_the_value_that_pairs_return_is_the_one_that_belongs_into_the_table(compared: Callable[..., DataFrame]) -> None:
    found = {row["sensor"]: row["pm25"] for row in compared("pairs", group("latest")).collect()}
    expected = {name: stored[0] if stored and effect in STAYS else new[0] for name, (stored, new, effect) in CASES.items()}
    assert found == expected


def test_a_table_of_all_observations_replaces_by_sequence_only(compared: Callable[..., DataFrame]) -> None:
    every = compared("windows", group("all"))
    # Nothing known later makes an observation older there; it is one more.
    assert effects(every) == {name: effect for name, (_, _, effect) in CASES.items()}
    assert [row["sensor"] for row in every.where(f"NOT {KEPT}").collect()] == ["higher sequence"]


@pytest.mark.parametrize(("way", "repeated"), [("windows", 2), ("pairs", 1)])
def test_two_rows_of_one_event_are_found(spark: SparkSession, tmp_path: Path, way: str, repeated: int) -> None:
    latest = group("latest")
    new = rows(spark, {"a": OLD, "b": OLD}).unionByName(rows(spark, {"a": (6, 1, 3, False)}))
    stored = rows(spark, {"a": OLD})
    if way == "windows":
        found = by_windows(new.withColumn(CONCLUDED, F.lit(False)), stored, latest)
    else:
        target = Target(Store.open(spark, tmp_path), latest, Batch(), str(tmp_path), 1, frozenset(), WriteLimits())
        found = by_pairs(target, new, stored, None, in_order=False, by_bucket=False)
    counts = Counter(row[EFFECT] for row in found.collect())
    assert (counts["repeated"], counts["inserted"]) == (repeated, 1)
