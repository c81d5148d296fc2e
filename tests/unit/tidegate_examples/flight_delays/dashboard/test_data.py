"""Each query of the dashboard on a handful of flights."""

from datetime import UTC, date, datetime, timedelta

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from tidegate_examples.flight_delays.dashboard import data

FLIGHTS = (
    "flight_date date, carrier string, flight int, origin string, dest string, probability double, "
    "local_departure timestamp, delayed int, cancelled int, departure_delay_minutes double, known_share double"
)
TWO_HOURS = timedelta(hours=2)
SECOND = date(2013, 9, 2)
THIRD = date(2013, 9, 3)


def flights(spark: SparkSession, rows: list[tuple[object, ...]]) -> DataFrame:
    """Flights from (day, flight, risk, delayed, known share of the day), all from JFK to LAX at noon."""
    noon = datetime(2013, 9, 2, 12, tzinfo=UTC)
    full = [(day, "AA", flight, "JFK", "LAX", risk, noon, late, 0, None, known) for day, flight, risk, late, known in rows]
    return spark.createDataFrame(full, FLIGHTS)


def test_with_outcomes_keeps_unknown_ones_other_arms_out_and_tail_numbers_away(spark: SparkSession) -> None:
    early, noon = datetime(2013, 9, 2, 3, 30, tzinfo=UTC), datetime(2013, 9, 2, 16, 0, tzinfo=UTC)
    predictions = spark.createDataFrame(
        [
            (SECOND, "AA", 1, "JFK", "LAX", "N1", 0.5, "champion", early, early - TWO_HOURS),
            (SECOND, "AA", 1, "JFK", "LAX", "N1", 0.9, "shadow", early, early - TWO_HOURS),
            (SECOND, "AA", 2, "JFK", "LAX", "N2", 0.2, "champion", noon, noon - TWO_HOURS),
            (SECOND, "AA", 2, "JFK", "LAX", "N2", 0.1, "champion", early, early - TWO_HOURS),
        ],
        "flight_date date, carrier string, flight int, origin string, dest string, tailnum string, probability double, "
        "arm string, scheduled_departure timestamp, prediction_time timestamp",
    )
    outcomes = spark.createDataFrame(
        [
            (SECOND, "AA", 1, "JFK", "N1", 1, 0, 31.0, early - TWO_HOURS),
            (SECOND, "AA", 2, "JFK", "N2", 0, 0, -4.0, noon - TWO_HOURS),
        ],
        "flight_date date, carrier string, flight int, origin string, tailnum string, delayed int, cancelled int, "
        "departure_delay_minutes double, event_time timestamp",
    )
    local_early, local_noon = datetime(2013, 9, 1, 23, 30, tzinfo=UTC), datetime(2013, 9, 2, 12, 0, tzinfo=UTC)
    expected = spark.createDataFrame(
        [
            (SECOND, "AA", 1, "JFK", "LAX", 0.5, local_early, 1, 0, 31.0, 2 / 3),
            (SECOND, "AA", 2, "JFK", "LAX", 0.2, local_noon, 0, 0, -4.0, 2 / 3),
            (SECOND, "AA", 2, "JFK", "LAX", 0.1, local_early, None, None, None, 2 / 3),
        ],
        FLIGHTS,
    )
    actual = data.with_outcomes(predictions, outcomes)
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_risk_by_hour_takes_the_mean_of_an_airport_and_hour(spark: SparkSession) -> None:
    source = flights(spark, [(SECOND, 1, 0.25, 1, 1.0), (THIRD, 2, 0.75, None, 0.0)])
    expected = spark.createDataFrame([("JFK", 12, 2, 0.5)], "origin string, hour int, flights long, risk double")
    assert_df_equality(data.risk_by_hour(source), expected, ignore_nullable=True)


def test_reliability_makes_ten_groups_of_settled_days_only(spark: SparkSession) -> None:
    settled = [(SECOND, number, number / 100, int(number > 50), 0.95) for number in range(1, 101)]
    unsettled = [(THIRD, 1, 0.99, 1, 0.5)]
    groups = data.reliability(flights(spark, settled + unsettled)).collect()
    assert [(group.decile, group.flights) for group in groups] == [(decile, 10) for decile in range(10)]
    assert [group.risk for group in groups] == pytest.approx([0.055 + decile / 10 for decile in range(10)])
    assert [group.late_share for group in groups] == [0.0] * 5 + [1.0] * 5


def test_reliability_puts_equal_risks_into_one_group(spark: SparkSession) -> None:
    source = flights(spark, [(SECOND, number, 0.2, number % 2, 1.0) for number in range(10)])
    groups = data.reliability(source).select("flights", "late_share").collect()
    assert [tuple(group) for group in groups] == [(10, 0.5)]


def test_riskiest_takes_the_last_day_alone_highest_first(spark: SparkSession) -> None:
    source = flights(
        spark,
        [(SECOND, 1, 0.9, 1, 1.0), (THIRD, 2, 0.3, None, 0.0), (THIRD, 3, 0.5, None, 0.0), (THIRD, 4, 0.1, None, 0.0)],
    )
    rows = data.riskiest(source, 2).collect()
    assert [(row.flight, row.day_flights) for row in rows] == [(3, 3), (2, 3)]


def test_risk_by_day_shows_the_late_share_of_settled_days_only(spark: SparkSession) -> None:
    source = flights(
        spark,
        [(SECOND, 1, 0.25, 1, 1.0), (SECOND, 2, 0.75, 0, 1.0), (THIRD, 3, 0.5, 1, 0.5), (THIRD, 4, 0.5, None, 0.5)],
    )
    expected = spark.createDataFrame(
        [(SECOND, 2, 2, 0.5, 0.5), (THIRD, 2, 1, 0.5, None)],
        "flight_date date, flights long, known long, risk double, late_share double",
    )
    assert_df_equality(data.risk_by_day(source), expected, ignore_nullable=True)


def test_versions_show_the_table_versions_of_the_newest_batch(spark: SparkSession) -> None:
    batches = [
        ("m", 1, "r1", "champion", "v", 1, SECOND, datetime(2013, 9, 2, 4, tzinfo=UTC), {"weather": 30}),
        ("m", 1, "r1", "champion", "v", 1, THIRD, datetime(2013, 9, 3, 4, tzinfo=UTC), {"weather": 31}),
        ("m", 2, "r2", "champion", "v", 1, THIRD, datetime(2013, 9, 3, 9, tzinfo=UTC), {"weather": 31}),
    ]
    source = spark.createDataFrame(
        batches,
        "model_name string, model_version int, release string, arm string, feature_view string, "
        "feature_view_version int, flight_date date, scored_at timestamp, feature_table_versions map<string,bigint>",
    )
    rows = data.versions(source).collect()
    assert [(row.release, row.flights, row.first_day, row.feature_table_versions) for row in rows] == [
        ("r2", 1, THIRD, {"weather": 31}),
        ("r1", 2, SECOND, {"weather": 31}),
    ]
