from collections.abc import Callable
from datetime import date

from chispa import assert_df_equality
from pyspark.sql import DataFrame
from tidegate_examples.flight_delays.steps.movements import build

from tidegate import Period
from tidegate_examples.flight_delays.groups import MOVEMENTS
from tidegate_examples.flight_delays.sources import ZONE

Rows = Callable[..., DataFrame]


def test_build_copies_what_became_known_in_the_period(movements: Rows, group_rows: Rows) -> None:
    source = movements(
        ("N1", "departed", "2013-01-03 04:57", 5.0),
        # It happened on the second in New York and was known on the third.
        (None, "cancelled", "2013-01-03 04:58", None),
    )

    actual = build({"movements": source}, Period(date(2013, 1, 2), date(2013, 1, 2), ZONE))

    expected = group_rows(
        MOVEMENTS,
        ("2013-01-03", "UA", 0, "EWR", "N1", "IAH", "departed", 5.0, "2013-01-03 04:57", "2013-01-03 05:02"),
    )
    assert actual.count() == 0
    third = build({"movements": source}, Period(date(2013, 1, 3), date(2013, 1, 3), ZONE))
    assert third.count() == 2
    assert_df_equality(third.filter("tailnum = 'N1'"), expected, ignore_nullable=True)
