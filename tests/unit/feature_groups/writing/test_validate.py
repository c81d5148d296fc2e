"""The verdict that each row of a batch gets by itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import Batch, Expectation, FeatureGroup, Field, FullState
from tidegate.feature_groups.writing.target import Target
from tidegate.feature_groups.writing.validate import VERDICT, validate
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
GROUP = FeatureGroup("dust", 1, ("sensor",), FIELDS, "dust", delay=timedelta(hours=1), expectations=EXPECTED)
INPUT = "sensor string, pm25 long, revision long, event_time timestamp, available_at timestamp, _tombstone boolean"


def target(spark: SparkSession, root: Path, group: FeatureGroup = GROUP, **batch: Any) -> Target:
    return Target(Store.open(spark, root), group, Batch(**batch), str(root / "none"), 4, frozenset(), WriteSizes())


def hour(number: int) -> datetime:
    return NOON + timedelta(hours=number)


def test_a_row_gets_the_verdict_of_the_sternest_check_that_it_breaks(spark: SparkSession, tmp_path: Path) -> None:
    values = {"good": 5, "fault": -1, "negative": -7, "absurd": 5_000, "unknown": None}
    source = spark.createDataFrame([(name, pm25, 1, NOON, None, None) for name, pm25 in values.items()], INPUT)
    gone = spark.createDataFrame([("gone", -7, 1, NOON, None, True), (None, 5, 1, NOON, None, None)], INPUT)
    actual = validate(target(spark, tmp_path), source.unionByName(gone)).rows.select("sensor", VERDICT)
    expected = spark.createDataFrame(
        [
            ("good", "accepted"),
            ("fault", "failed"),
            ("negative", "quarantined"),
            ("absurd", "dropped"),
            # NULL meets a condition as SQL sees it, and a tombstone has no values that could break one.
            ("unknown", "accepted"),
            ("gone", "accepted"),
            (None, "quarantined"),
        ],
        "sensor string, _verdict string",
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.parametrize(
    ("batch", "given", "known"),
    [
        ({}, None, hour(1)),
        ({}, hour(5), hour(5)),
        ({"arrived_at": hour(3)}, None, hour(3)),
        ({"arrived_at": hour(-3)}, None, hour(1)),
        ({"arrived_at": hour(3)}, hour(2), hour(2)),
        ({"contents": FullState(hour(9))}, hour(2), hour(9)),
    ],
    ids=[
        "event_time and delay",
        "its own",
        "arrival",
        "arrival before the delay",
        "its own before arrival",
        "the state's moment",
    ],
)
def test_when_a_row_became_known(spark: SparkSession, tmp_path: Path, batch: dict[str, Any], given: Any, known: datetime) -> None:
    source = spark.createDataFrame([("a", 5, 1, NOON, given, None)], INPUT)
    actual = validate(target(spark, tmp_path, **batch), source).rows.select("available_at", "_tombstone")
    expected = spark.createDataFrame([(known, False)], "available_at timestamp, _tombstone boolean")
    assert_df_equality(actual, expected, ignore_nullable=True)


def test_a_tombstone_has_no_values(spark: SparkSession, tmp_path: Path) -> None:
    source = spark.createDataFrame([("a", 5, 1, NOON, NOON, True)], INPUT)
    [row] = validate(target(spark, tmp_path), source).rows.collect()
    assert (row["sensor"], row["pm25"], row["revision"], row["_tombstone"]) == ("a", None, None, True)
