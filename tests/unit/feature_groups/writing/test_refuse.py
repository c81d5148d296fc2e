"""What is refused before a job starts, whatever the rows of a batch are: each refusal names its own cause."""

from datetime import UTC, datetime

import pytest
from pyspark.sql import SparkSession
from tests.write_cases import dust

from tidegate import Batch, Expectation, FullState
from tidegate.errors import DefinitionError, ExpectationConditionError, SchemaMismatchError
from tidegate.feature_groups.writing.refuse import refuse_unfit

FIT = "sensor string, pm25 long, revision long, event_time timestamp, available_at timestamp"


@pytest.mark.parametrize(
    ("columns", "difference"),
    [
        (FIT.replace(", pm25 long", ""), "missing column pm25"),
        (FIT.replace(", available_at timestamp", ""), "missing column available_at"),
        (f"{FIT}, pm10 long", "unexpected column pm10"),
        (FIT.replace("pm25 long", "pm25 double"), "column pm25 is double, declared bigint"),
        (
            FIT.replace("event_time timestamp", "event_time timestamp_ntz"),
            "column event_time is timestamp_ntz, declared timestamp",
        ),
        (f"{FIT}, pm25 long", "column pm25 occurs twice"),
    ],
)
def test_each_difference_of_the_schema_is_named_alone(spark: SparkSession, columns: str, difference: str) -> None:
    frame = spark.createDataFrame([], columns)
    there = ", ".join(frame.columns)
    expected = f"feature group dust_v1: the schema differs from the declared one: {difference}. Columns there: {there}. "
    with pytest.raises(SchemaMismatchError) as caught:
        refuse_unfit(dust(), frame, Batch())
    assert str(caught.value).startswith(expected)
    assert "`select` the declared columns, cast to their types" in str(caught.value)


def test_what_a_batch_may_have_beside_its_fields_is_no_difference(spark: SparkSession) -> None:
    origin = "_origin struct<file string, line long, occurrences long>"
    refuse_unfit(dust(), spark.createDataFrame([], f"{FIT}, _tombstone boolean, {origin}"), Batch())


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("pm_25 > 0", "`pm_25` cannot be resolved"),
        ("pm25 + 1", "its result is bigint, not true or false"),
        ("sum(pm25) > 0", "MISSING_GROUP_BY"),
        ("pm25 >", "PARSE_SYNTAX_ERROR"),
    ],
)
def test_a_condition_that_can_not_be_checked_is_named(spark: SparkSession, condition: str, reason: str) -> None:
    group = dust(expectations=(Expectation("sound", "pm25 < 500"), Expectation("broken", condition)))
    frame = spark.createDataFrame([], FIT)
    with pytest.raises(ExpectationConditionError) as caught:
        refuse_unfit(group, frame, Batch())
    message = str(caught.value)
    assert message.startswith(f"feature group dust_v1: expectation broken can't be checked: {condition!r}: ")
    assert reason in message
    assert "Columns: sensor, pm25, revision, event_time, available_at. Correct the condition" in message


def test_a_scope_outside_the_key_is_named(spark: SparkSession) -> None:
    state = FullState(datetime(2024, 1, 1, tzinfo=UTC), {"pm25": 5})
    with pytest.raises(DefinitionError) as caught:
        refuse_unfit(dust(), spark.createDataFrame([], FIT), Batch(contents=state))
    assert str(caught.value) == (
        "feature group dust_v1: the scope of a full state names pm25. It takes only columns of the entity key: sensor."
    )
