from collections.abc import Callable

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame

from tidegate_examples.flight_delays.groups import AIRCRAFT_TURNAROUNDS
from tidegate_examples.flight_delays.steps.aircraft_turnarounds import build

pytestmark = pytest.mark.slow

Rows = Callable[..., DataFrame]


def test_build_pairs_a_departure_with_the_last_landing_that_was_known_before(stored_movements: Rows, group_rows: Rows) -> None:
    source = stored_movements(
        ("N1", "departed", "2013-01-02 10:00", 5.0),
        ("N1", "arrived", "2013-01-02 13:00", -3.0),
        ("N1", "departed", "2013-01-02 18:30", 40.0),
        ("N2", "departed", "2013-01-02 11:00", 99.0),
        ("N1", "cancelled", "2013-01-02 12:00", None),
        # Exactly seven days later: the landing is beyond a turnaround of 2 days.
        ("N1", "departed", "2013-01-09 13:00", 1.0),
        (None, "cancelled", "2013-01-02 12:00", None),
    )

    actual = build(source)

    expected = group_rows(AIRCRAFT_TURNAROUNDS, ("N1", 330.0, "2013-01-02 18:30", "2013-01-02 18:35"))
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_build_folds_one_moment(stored_movements: Rows, group_rows: Rows) -> None:
    source = stored_movements(
        ("N1", "arrived", "2013-01-02 10:00", 7.0),
        ("N1", "departed", "2013-01-02 12:00", 3.0),
        ("N1", "arrived", "2013-01-02 12:00", None),
    )

    actual = build(source)

    expected = group_rows(AIRCRAFT_TURNAROUNDS, ("N1", 120.0, "2013-01-02 12:00", "2013-01-02 12:05"))
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)
