"""The verdicts of an explanation, and that they name the row that a join takes."""

from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from tidegate.point_in_time.explain import explained_rows
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.join import point_in_time_join

ROWS = "station string, event_time timestamp, available_at timestamp, pm25 double, owner string, _tombstone boolean"


def at(hour: int) -> datetime:
    return datetime(2024, 1, 1, hour, tzinfo=UTC)


@pytest.fixture
def readings(spark: SparkSession) -> FeatureRows:
    rows = [
        ("a", at(1), at(1), 1.0, "o", False),
        ("a", at(2), at(2), 2.0, "o", False),
        ("a", at(2), at(5), 2.5, "o", False),
        ("a", at(3), at(3), 3.0, "o", False),
        ("a", at(3), at(6), None, None, True),
        ("a", at(4), at(9), 4.0, "o", False),
        ("b", at(2), at(2), 9.0, "o", False),
    ]
    frame = spark.createDataFrame(rows, ROWS)
    return FeatureRows("air", frame, ("station",), {"pm25": "pm25", "owner": "owner"}, timedelta(hours=6))


def verdicts(rows: FeatureRows, moment: datetime) -> list[tuple[int, int, str]]:
    found = explained_rows(rows, {"station": F.lit("a")}, moment, frozenset()).collect()
    return sorted((row.event_time.hour, row.available_at.hour, row.verdict) for row in found)


def test_explained_rows_name_what_became_of_each(readings: FeatureRows) -> None:
    assert verdicts(readings, at(7)) == [
        (1, 1, "superseded by a newer event"),
        (2, 2, "superseded by a later observation"),
        (2, 5, "chosen"),
        (3, 3, "superseded by a later observation"),
        (3, 6, "no longer holds"),
        (4, 9, "not yet known"),
    ]


def test_explained_rows_say_what_is_too_old(readings: FeatureRows) -> None:
    assert (2, 5, "too old") in verdicts(readings, at(8))


@pytest.mark.parametrize("hour", [0, 4, 7, 8])
def test_explained_rows_agree_with_the_join(spark: SparkSession, readings: FeatureRows, hour: int) -> None:
    labels = spark.createDataFrame([("a", at(hour))], "station string, t timestamp")
    joined = point_in_time_join(labels, "t", [readings], provenance=True).collect()[0]
    chosen = [row for row in explained(readings, at(hour)) if row.verdict == "chosen"]
    assert [row.event_time for row in chosen] == [moment for moment in [joined.air__event_time] if moment]


def explained(rows: FeatureRows, moment: datetime) -> list[Row]:
    return explained_rows(rows, {"station": F.lit("a")}, moment, frozenset()).collect()


def test_explained_rows_hide_personal_values_and_say_the_age(readings: FeatureRows) -> None:
    found = explained_rows(readings, {"station": F.lit("a")}, at(7), frozenset({"owner"})).where("verdict = 'chosen'").collect()
    assert (found[0].features, found[0].age_seconds) == ('{"pm25":2.5}', 5 * 3600)
