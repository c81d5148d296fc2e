from collections.abc import Callable
from datetime import date

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame

from tidegate import Period
from tidegate_examples.flight_delays.groups import CARRIER_HISTORY, ROUTE_HISTORY
from tidegate_examples.flight_delays.sources import ZONE
from tidegate_examples.flight_delays.steps.flight_histories import build_carrier, build_route

pytestmark = pytest.mark.slow

Rows = Callable[..., DataFrame]


def test_build_carrier_sums_up_7_and_28_days_at_the_end_of_each_day(movements: Rows, group_rows: Rows) -> None:
    source = movements(
        ("N1", "departed", "2013-01-02 10:00", 5.0),
        ("N2", "departed", "2013-01-03 04:50", 15.0),  # 23:55 on the 2nd in New York
        ("N3", "departed", "2013-01-03 05:00", 40.0),
        (None, "cancelled", "2013-01-03 12:00", None),
        ("N1", "arrived", "2013-01-03 12:00", 90.0),
    )

    actual = build_carrier({"movements": source}, Period(date(2013, 1, 8), date(2013, 1, 9), ZONE))

    at = ["2013-01-09 05:00", "2013-01-10 05:00"]
    expected = group_rows(
        CARRIER_HISTORY,
        ("UA", 3, 20.0, 2 / 3, 0.25, 3, 20.0, 2 / 3, 0.25, at[0], at[0]),
        ("UA", 1, 40.0, 1.0, 0.5, 3, 20.0, 2 / 3, 0.25, at[1], at[1]),
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)


def test_build_route_has_rows_for_28_days_after_the_last_flight(movements: Rows, group_rows: Rows) -> None:
    source = movements(("N1", "departed", "2013-02-20 10:00", 5.0))

    actual = build_route({"movements": source}, Period(date(2013, 3, 18), date(2013, 3, 25), ZONE))

    # The clocks changed on 10 March: midnight in New York is now at 04:00.
    expected = [
        ("EWR", "IAH", 0, None, None, None, 1, 5.0, 0.0, 0.0, f"2013-03-{day} 04:00", f"2013-03-{day} 04:00") for day in (19, 20)
    ]
    assert_df_equality(actual, group_rows(ROUTE_HISTORY, *expected), ignore_row_order=True, ignore_nullable=True)
