"""Rows that may not go in are held back with their reasons, or stop their batch."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.readings import BAD, READINGS, at, held, row, store_of, write

from tidegate.errors import ExpectationFailedError
from tidegate.expectations import fresh, not_null, null_share, row_count, unique
from tidegate.feature_groups.writing.batch import Batch, FullState
from tidegate.feature_groups.writing.write import write_group
from tidegate.subjects.table_map import MappedTable, mapped_tables
from tidegate.tables.create import table_exists
from tidegate.tables.read import read_table


def _station_and_time(held_row: str) -> tuple[str | None, bool]:
    values = json.loads(held_row)
    return values.get("station"), "event_time" in values


@pytest.mark.slow
def test_write_group_holds_rows_back_with_their_reasons_and_counts_every_row(spark: SparkSession, tmp_path: Path) -> None:
    store = store_of(spark, tmp_path)
    good = [row("d", 1.0, 3.0), row("e", 1.0, 600.0), row("e", 1.0, 600.0), row("f", 1.0, None)]
    result = write(store, *BAD, BAD[4], row("d", -1.0, 3.0), *good, batch=Batch("first"))
    assert (result.read, result.inserted, result.collapsed, result.quarantined, result.dropped) == (11, 3, 1, 6, 1)
    assert result.warnings == ("low: 2 rows break it",)
    reasons = {_station_and_time(r["row"]): (r["reasons"], r["occurrences"], r["batch"]) for r in held(store)}
    assert reasons == {
        (None, True): (["station is there"], 1, "first"),
        ("a", True): (["height is a number"], 1, "first"),
        ("b", True): (["height is a number"], 1, "first"),
        ("c", False): (["event_time is there"], 1, "first"),
        ("d", True): (["pm25 >= 0"], 2, "first"),
    }
    assert len(held(store)) == 5
    stored = read_table(spark, store.layout.feature_group("readings_v1"))
    assert sorted(r["station"] for r in stored.collect()) == ["d", "e", "f"]
    # The refused row of `d` did not win over the right one.
    assert stored.where("station = 'd'").first()["pm25"] == 3.0
    assert MappedTable("quarantine/readings_v1", "quarantine", ()) in mapped_tables(store)


@pytest.mark.slow
def test_write_group_holds_the_same_row_back_once(spark: SparkSession, tmp_path: Path) -> None:
    store = store_of(spark, tmp_path)
    for _ in range(2):
        assert write(store, *BAD).quarantined == 5
    assert len(held(store)) == 5


@pytest.mark.slow
def test_a_failing_expectation_stops_the_batch_whole(spark: SparkSession, tmp_path: Path) -> None:
    store = store_of(spark, tmp_path)
    with pytest.raises(ExpectationFailedError, match=r"not from the moon: 1 rows break it\n.*Nothing was written") as caught:
        write(store, row("moon", 1.0, 1.0), row("a", 1.0, 1.0), row("b", 1.0, -1.0))
    assert "moon'" not in str(caught.value)
    assert read_table(spark, store.layout.feature_group("readings_v1")).isEmpty()
    assert not table_exists(spark, store.layout.quarantine("readings_v1"))


@pytest.mark.slow
def test_nothing_is_expected_of_a_tombstone(spark: SparkSession, tmp_path: Path) -> None:
    store = store_of(spark, tmp_path)
    group = replace(READINGS, expectations=(not_null("pm25"),))
    frame = spark.createDataFrame([row("a", 1.0, None)], READINGS.schema).withColumn("_tombstone", F.lit(True))
    assert write_group(store, group, frame).inserted == 1


@pytest.mark.slow
def test_a_full_state_is_taken_whole_or_not_at_all(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(ExpectationFailedError, match=r"pm25 >= 0: 1 rows break it \(a full state is taken whole"):
        write(store_of(spark, tmp_path), row("a", 1.0, 1.0), row("b", 1.0, -1.0), batch=Batch(contents=FullState(at(4))))
    assert not table_exists(spark, store_of(spark, tmp_path).layout.quarantine("readings_v1"))


@pytest.mark.slow
def test_batch_expectations_stop_or_warn(spark: SparkSession, tmp_path: Path) -> None:
    store = store_of(spark, tmp_path)
    failing = replace(
        READINGS,
        batch_expectations=(
            row_count(3),
            null_share("pm25", 0.4),
            fresh("event_time", timedelta(hours=1)),
            unique(["station"]),
        ),
    )
    rows = [row("a", 1.0, None), row("a", 2.0, 1.0)]
    with pytest.raises(ExpectationFailedError) as caught:
        write(store, *rows, batch=Batch(arrived_at=at(4)), group=failing)
    for complaint in (
        "number of rows: 2 rows; expected at least 3",
        "share of NULL in pm25: 50.0% of pm25 is NULL; expected at most 40.0%",
        "event_time is fresh: the newest event_time is 2024-01-01T01:00:00.654321Z, 2:59:59.345679 before arrival",
        "unique values of station: 1 values of station occur in more than one row",
    ):
        assert complaint in str(caught.value)
    warning = replace(READINGS, batch_expectations=(row_count(3, action="warn"), null_share("pm25", 0.5), unique(["height"])))
    result = write(store, *rows, group=warning)
    assert (result.inserted, result.warnings) == (2, ("number of rows: 2 rows; expected at least 3",))


@pytest.mark.slow
def test_batch_expectations_are_of_rows_in_order(spark: SparkSession, tmp_path: Path) -> None:
    store = store_of(spark, tmp_path)
    write(store, row("a", 1.0, 1.0))
    told_twice = [row("b", 1.0, 1.0), row("b", 1.0, 1.0)]
    result = write(store, *told_twice, group=replace(READINGS, batch_expectations=(row_count(most=1),)))
    assert (result.inserted, result.collapsed) == (1, 1)
    # Refused whole: what would be held back of it is not.
    held_back = row("c", 1.0, -1.0)
    with pytest.raises(ExpectationFailedError, match="1 rows; expected at least 2"):
        write(store, *told_twice, held_back, group=replace(READINGS, batch_expectations=(row_count(2),)))
    assert held(store) == []
