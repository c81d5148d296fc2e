"""The verdict that a row of a batch gets among the rows of its event."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate import Batch, Expectation, FeatureGroup, Field, FullState
from tidegate.feature_groups.writing.order import ways_to_order
from tidegate.feature_groups.writing.target import Target
from tidegate.feature_groups.writing.validate import VERDICT, ValidatedRows, validate
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.tables.store import Store

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
FIELDS = (
    Field("sensor", T.StringType(), "sensor"),
    Field("pm25", T.LongType(), "fine dust"),
    Field("revision", T.LongType(), "of the report"),
)
EXPECTED = (
    Expectation("pm25 is no fault code", "pm25 <> -1", "fail"),
    Expectation("pm25 is positive", "pm25 >= 0", "quarantine"),
    Expectation("pm25 is plausible", "pm25 < 1000", "drop"),
)
INPUT = "sensor string, pm25 long, revision long, event_time timestamp, available_at timestamp, _tombstone boolean"


def target(spark: SparkSession, root: Path, group: FeatureGroup, **batch: Any) -> Target:
    return Target(Store.open(spark, root), group, Batch(**batch), str(root / "none"), 4, frozenset(), WriteSizes())


def hour(number: int) -> datetime:
    return NOON + timedelta(hours=number)


def verdicts(rows: DataFrame) -> list[tuple[object, ...]]:
    return sorted(tuple(row) for row in rows.select("sensor", "revision", VERDICT).collect())


def in_order(spark: SparkSession, root: Path, group: FeatureGroup, *rows: tuple[object, ...]) -> DataFrame:
    validated = validate(target(spark, root, group), spark.createDataFrame(list(rows), INPUT))
    return list(ways_to_order(ValidatedRows(validated.target, validated.check, validated.rows)))[-1].rows


def test_one_row_of_each_event_is_accepted(spark: SparkSession, tmp_path: Path) -> None:
    group = FeatureGroup("dust", 1, ("sensor",), FIELDS, "dust", expectations=EXPECTED)
    rows = in_order(
        spark,
        tmp_path,
        group,
        ("newest counts", 5, 1, NOON, hour(2), None),
        ("newest counts", 6, 2, NOON, hour(1), None),
        ("another event", 6, 1, hour(5), hour(5), None),
        ("another event", 6, 2, hour(6), hour(6), None),
        ("repeated", 5, 1, NOON, hour(1), None),
        ("repeated", 5, 1, NOON, hour(1), None),
        # A refused row is no rival of an accepted one.
        ("refused", -7, 1, NOON, hour(2), None),
        ("refused", 5, 2, NOON, hour(1), None),
    )
    assert verdicts(rows) == [
        ("another event", 1, "accepted"),
        ("another event", 2, "accepted"),
        ("newest counts", 1, "accepted"),
        ("newest counts", 2, "older"),
        ("refused", 1, "quarantined"),
        ("refused", 2, "accepted"),
        ("repeated", 1, "accepted"),
        ("repeated", 1, "collapsed"),
    ]


@pytest.mark.parametrize(("sequence", "first"), [(None, {"accepted", "conflicting"}), ("revision", {"older"})])
def test_of_two_rows_of_one_moment_the_higher_sequence_counts(
    spark: SparkSession, tmp_path: Path, sequence: str | None, first: set[str]
) -> None:
    group = FeatureGroup("dust", 1, ("sensor",), FIELDS, "dust", sequence=sequence)
    found = verdicts(in_order(spark, tmp_path, group, ("a", 5, 1, NOON, NOON, None), ("a", 6, 2, NOON, NOON, None)))
    assert {verdict for _, revision, verdict in found if revision == 1} <= first
    assert sorted(str(verdict) for *_, verdict in found) == ["accepted", "older" if sequence else "conflicting"]


def test_every_observation_is_kept_where_the_group_has_all_of_them(spark: SparkSession, tmp_path: Path) -> None:
    group = FeatureGroup("dust", 1, ("sensor",), FIELDS, "dust", history="all")
    rows = in_order(spark, tmp_path, group, ("a", 5, 1, NOON, hour(1), None), ("a", 6, 2, NOON, hour(2), None))
    assert verdicts(rows) == [("a", 1, "accepted"), ("a", 2, "accepted")]


@pytest.mark.parametrize(
    ("history", "batch", "ways"),
    [("all", {}, [False, True]), ("all", {"contents": FullState(NOON)}, [True])],
    ids=["changes", "a full state"],
)
def test_rows_are_tried_as_they_came_where_that_may_do(
    spark: SparkSession, tmp_path: Path, history: Any, batch: dict[str, Any], ways: list[bool]
) -> None:
    group = FeatureGroup("dust", 1, ("sensor",), FIELDS, "dust", history=history)
    validated = validate(target(spark, tmp_path, group, **batch), spark.createDataFrame([("a", 5, 1, NOON, NOON, None)], INPUT))
    assert [ordered.in_order for ordered in ways_to_order(validated)] == ways
