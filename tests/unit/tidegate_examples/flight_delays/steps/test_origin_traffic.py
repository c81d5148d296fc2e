from collections.abc import Callable
from datetime import date

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame

from tidegate import Period
from tidegate_examples.flight_delays.groups import ORIGIN_TRAFFIC
from tidegate_examples.flight_delays.sources import ZONE
from tidegate_examples.flight_delays.steps.origin_traffic import build

pytestmark = pytest.mark.slow

Rows = Callable[..., DataFrame]


def test_build_counts_what_was_known_at_the_grid_time(movements: Rows, group_rows: Rows) -> None:
    source = movements(
        ("N1", "departed", "2013-01-02 10:10", 5.0),  # known at 10:15, on the grid
        ("N2", "departed", "2013-01-02 10:11", 15.0),  # known at 10:16, on the grid at 10:30
        (None, "cancelled", "2013-01-02 10:30", None),
        ("N1", "arrived", "2013-01-02 10:30", 50.0),
    )

    rows = build({"movements": source}, Period(date(2013, 1, 2), date(2013, 1, 2), ZONE))

    actual = rows.filter("origin = 'EWR' AND event_time BETWEEN '2013-01-02 10:00' AND '2013-01-02 11:30'")
    expected = group_rows(
        ORIGIN_TRAFFIC,
        ("EWR", 0, None, 0, 0, None, 0, 0, None, 0, "2013-01-02 10:00", "2013-01-02 10:00"),
        ("EWR", 1, 5.0, 0, 1, 5.0, 0, 1, 5.0, 0, "2013-01-02 10:15", "2013-01-02 10:15"),
        ("EWR", 2, 10.0, 0, 2, 10.0, 0, 2, 10.0, 0, "2013-01-02 10:30", "2013-01-02 10:30"),
        ("EWR", 2, 10.0, 1, 2, 10.0, 1, 2, 10.0, 1, "2013-01-02 10:45", "2013-01-02 10:45"),
        ("EWR", 2, 10.0, 1, 2, 10.0, 1, 2, 10.0, 1, "2013-01-02 11:00", "2013-01-02 11:00"),
        ("EWR", 1, 15.0, 1, 2, 10.0, 1, 2, 10.0, 1, "2013-01-02 11:15", "2013-01-02 11:15"),
        ("EWR", 0, None, 1, 2, 10.0, 1, 2, 10.0, 1, "2013-01-02 11:30", "2013-01-02 11:30"),
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_build_has_every_quarter_of_an_hour_of_a_day_of_23_hours(movements: Rows) -> None:
    source = movements(("N1", "departed", "2013-03-10 10:10", 5.0))

    rows = build({"movements": source}, Period(date(2013, 3, 10), date(2013, 3, 10), ZONE))

    counted = rows.groupBy("origin").count().collect()
    assert {row["origin"]: row["count"] for row in counted} == {"EWR": 92, "JFK": 92, "LGA": 92}
