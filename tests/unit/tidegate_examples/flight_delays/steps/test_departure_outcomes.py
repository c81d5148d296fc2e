from collections.abc import Callable

from chispa import assert_df_equality
from pyspark.sql import DataFrame

from tidegate_examples.flight_delays.groups import DEPARTURE_OUTCOMES
from tidegate_examples.flight_delays.steps.departure_outcomes import build

Rows = Callable[..., DataFrame]


def test_build_knows_an_outcome_once_the_flight_left_or_was_cancelled(movements: Rows, group_rows: Rows) -> None:
    source = movements(
        ("N1", "departed", "2013-07-01 10:14", 14.0),
        ("N2", "departed", "2013-07-01 10:15", 15.0),
        ("N3", "departed", "2013-07-01 09:55", -5.0),
        ("N4", "cancelled", "2013-07-01 10:00", None),
        (None, "cancelled", "2013-07-01 10:00", None),
        ("N1", "arrived", "2013-07-01 14:00", 99.0),
    )

    actual = build(source)

    key, at = ("2013-07-01", "UA"), "2013-07-01 08:00"
    expected = group_rows(
        DEPARTURE_OUTCOMES,
        (*key, 0, "EWR", "IAH", "N1", 0, 14.0, 0, "on time", at, "2013-07-01 10:19"),
        (*key, 1, "EWR", "IAH", "N2", 1, 15.0, 0, "late", at, "2013-07-01 10:20"),
        (*key, 2, "EWR", "IAH", "N3", 0, -5.0, 0, "on time", at, "2013-07-01 10:00"),
        (*key, 3, "EWR", "IAH", "N4", 1, None, 1, "cancelled", at, "2013-07-01 10:05"),
    )
    assert_df_equality(actual, expected, ignore_row_order=True, ignore_nullable=True)
