"""Moments over the whole calendar are exact, and end where Python's calendar ends."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate import Period
from tidegate.moments import FIRST, LAST, earlier_by, micros_of, moment_literal, moment_of, utc_text

ZONES = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)
MOMENTS = st.datetimes(timezones=ZONES)


@given(MOMENTS)
def test_a_moment_survives_as_a_number_to_the_microsecond(moment: datetime) -> None:
    if micros_of(FIRST) <= micros_of(moment) <= micros_of(LAST):
        assert moment_of(micros_of(moment)) == moment
    text = moment_literal(moment).removeprefix("TIMESTAMP'").removesuffix("'")
    assert len(text) == len("0001-01-01 00:00:00.000000+00:00")
    assert datetime.fromisoformat(text) == min(max(moment, FIRST), LAST) == moment_of(micros_of(moment))


@given(MOMENTS, st.timedeltas())
def test_an_earlier_moment_stops_at_the_calendars_end(moment: datetime, span: timedelta) -> None:
    found = earlier_by(moment, span)
    assert FIRST <= found <= LAST
    if FIRST < found < LAST:
        assert found == moment_of(micros_of(moment) - span // timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("moment", "literal"),
    [
        (FIRST, "TIMESTAMP'0001-01-01 00:00:00.000000+00:00'"),
        (LAST, "TIMESTAMP'9999-12-31 23:59:59.999999+00:00'"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2))), "TIMESTAMP'0001-01-01 00:00:00.000000+00:00'"),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2))), "TIMESTAMP'9999-12-31 23:59:59.999999+00:00'"),
        (datetime(2024, 6, 1, 12, tzinfo=timezone(timedelta(hours=2))), "TIMESTAMP'2024-06-01 10:00:00.000000+00:00'"),
        (datetime(987, 6, 5, tzinfo=UTC), "TIMESTAMP'0987-06-05 00:00:00.000000+00:00'"),
    ],
)
def test_a_moment_as_sql(moment: datetime, literal: str) -> None:
    assert moment_literal(moment) == literal


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/New_York"])
def test_a_period_may_reach_to_both_ends_of_the_calendar(zone: str) -> None:
    for first, last in ((date.min, date.min), (date.max, date.max), (date.min, date.max)):
        period = Period(first, last, zone)
        assert FIRST <= period.start < period.end <= LAST
        assert sum(part.length for part in period.parts(400_000)) == period.length


def test_a_moment_in_a_zone_whose_calendar_goes_further_is_shown() -> None:
    assert utc_text(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "0001-01-01T00:00:00Z"
    assert utc_text(datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-2)))) == "9999-12-31T23:59:59.999999Z"
