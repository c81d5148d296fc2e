"""Calendar days of a zone as a stretch of UTC."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tidegate.errors import DefinitionError
from tidegate.period import Period

NEW_YORK = "America/New_York"


def test_period_starts_and_ends_at_midnight_of_its_zone() -> None:
    period = Period(date(2013, 7, 1), date(2013, 7, 2), NEW_YORK)
    assert (period.start, period.end) == (datetime(2013, 7, 1, 4, tzinfo=UTC), datetime(2013, 7, 3, 4, tzinfo=UTC))
    assert list(period.days()) == [date(2013, 7, 1), date(2013, 7, 2)]


@pytest.mark.parametrize(("day", "hours"), [(date(2013, 3, 10), 23), (date(2013, 11, 3), 25), (date(2013, 6, 1), 24)])
def test_period_of_a_day_has_the_hours_of_daylight_saving_time(day: date, hours: int) -> None:
    period = Period(day, day, NEW_YORK)
    assert period.end - period.start == timedelta(hours=hours)


def test_period_refuses_an_end_before_its_start() -> None:
    with pytest.raises(DefinitionError, match="2024-01-01, is before its first day, 2024-01-02"):
        Period(date(2024, 1, 2), date(2024, 1, 1))


def test_parts_make_up_the_period_in_order() -> None:
    period = Period(date(2024, 2, 27), date(2024, 3, 4), "America/New_York")
    parts = list(period.parts(3))
    assert [(part.first_day.day, part.last_day.day) for part in parts] == [(27, 29), (1, 3), (4, 4)]
    assert {part.zone for part in parts} == {"America/New_York"}
    assert list(period.parts(100)) == [period]


@pytest.mark.parametrize(
    "zone", ["localtime", "Factory", "posixrules", "right/Europe/Warsaw", "posix/Europe/Warsaw", "tzdata.zi"]
)
def test_a_zone_that_only_a_machine_knows_is_refused(zone: str) -> None:
    # Python reads these files where a machine has them, and Java does not.
    with pytest.raises(DefinitionError, match=f"zone {zone!r} is unknown"):
        Period(date(2024, 1, 1), date(2024, 1, 1), zone)
