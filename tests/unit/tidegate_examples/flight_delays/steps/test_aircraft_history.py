from collections.abc import Callable
from datetime import date

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame

from tidegate import Period
from tidegate_examples.flight_delays.groups import AIRCRAFT_HISTORY
from tidegate_examples.flight_delays.sources import ZONE
from tidegate_examples.flight_delays.steps.aircraft_history import build

pytestmark = pytest.mark.slow

WEEKS = Period(date(2013, 1, 1), date(2013, 1, 31), ZONE)
Rows = Callable[..., DataFrame]


def test_build_knows_only_what_happened_before(movements: Rows, group_rows: Rows) -> None:
    source = movements(
        ("N1", "departed", "2013-01-02 10:00", 5.0),
        ("N1", "arrived", "2013-01-02 13:00", -3.0),
        ("N1", "departed", "2013-01-02 18:30", 40.0),
        ("N2", "departed", "2013-01-02 11:00", 99.0),
        ("N1", "cancelled", "2013-01-02 12:00", None),
        (None, "cancelled", "2013-01-02 12:00", None),
    )

    actual = build({"movements": source}, WEEKS)

    expected = group_rows(
        AIRCRAFT_HISTORY,
        ("N1", 5.0, None, 1, None, "2013-01-02 10:05", "2013-01-02 10:05"),
        ("N1", 5.0, -3.0, 1, None, "2013-01-02 13:05", "2013-01-02 13:05"),
        ("N1", 40.0, -3.0, 2, 330.0, "2013-01-02 18:35", "2013-01-02 18:35"),
        ("N2", 99.0, None, 1, None, "2013-01-02 11:05", "2013-01-02 11:05"),
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_build_forgets_after_its_windows(movements: Rows, group_rows: Rows) -> None:
    source = movements(
        ("N1", "arrived", "2013-01-02 10:00", 7.0),
        # Exactly seven days later: the landing is not within 7 days any more, and beyond a turnaround of 2 days.
        ("N1", "departed", "2013-01-09 10:00", 1.0),
        # Exactly 24 hours later.
        ("N1", "departed", "2013-01-10 10:00", 2.0),
    )

    actual = build({"movements": source}, WEEKS)

    expected = group_rows(
        AIRCRAFT_HISTORY,
        ("N1", None, 7.0, 0, None, "2013-01-02 10:05", "2013-01-02 10:05"),
        ("N1", 1.0, None, 1, None, "2013-01-09 10:05", "2013-01-09 10:05"),
        ("N1", 2.0, None, 1, None, "2013-01-10 10:05", "2013-01-10 10:05"),
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_build_folds_one_moment_and_takes_no_older_delay_for_a_diverted_flight(movements: Rows, group_rows: Rows) -> None:
    source = movements(
        ("N1", "arrived", "2013-01-02 10:00", 7.0),
        ("N1", "departed", "2013-01-02 12:00", 3.0),
        ("N1", "arrived", "2013-01-02 12:00", None),
    )

    actual = build({"movements": source}, WEEKS)

    expected = group_rows(
        AIRCRAFT_HISTORY,
        ("N1", None, 7.0, 0, None, "2013-01-02 10:05", "2013-01-02 10:05"),
        ("N1", 3.0, None, 1, 120.0, "2013-01-02 12:05", "2013-01-02 12:05"),
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)
