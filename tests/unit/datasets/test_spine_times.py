"""The local times of spines, compared with a clock that is read every minute, on the days of clock changes too."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tidegate.datasets.spine_times import LocalTimes, hours_of_next_day
from tidegate.errors import DefinitionError

MINUTE = timedelta(minutes=1)
# Changes of an hour, of half an hour, at midnight, of a whole day; and a zone without any.
CHANGES = [
    ("Europe/Warsaw", datetime(2024, 3, 31, tzinfo=UTC)),
    ("Europe/Warsaw", datetime(2024, 10, 27, tzinfo=UTC)),
    ("America/New_York", datetime(2024, 11, 3, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2024, 4, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2024, 10, 5, tzinfo=UTC)),
    ("America/Santiago", datetime(2024, 9, 8, tzinfo=UTC)),
    ("America/Havana", datetime(2024, 11, 3, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2024, 3, 31, tzinfo=UTC)),
]


def clock(zone: str, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Every minute and what the local clock shows then."""
    minutes = int((end - start) / MINUTE)
    moments = [start + step * MINUTE for step in range(minutes)]
    return [(moment, moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)) for moment in moments]


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_days_have_one_moment_each_and_hours_every_moment_that_the_clocks_show(zone: str, change: datetime) -> None:
    start, end = change - timedelta(days=2), change + timedelta(days=2)
    shown = clock(zone, start - timedelta(days=2), end + timedelta(days=2))
    for at in ("00:00", "00:30", "01:59", "02:00", "02:30", "23:00"):
        hour, minute = map(int, at.split(":"))
        expected = set()
        for day in {wall.date() for _, wall in shown}:
            wanted = datetime.combine(day, time(hour, minute))
            moments = [moment for moment, wall in shown if wall == wanted]
            if not moments and wanted > shown[0][1]:
                # The clocks skip the time, which is as far after the last minute before it as if they had gone on.
                last, wall = [pair for pair in shown if pair[1] < wanted][-1]
                moments = [last + (wanted - wall)]
            expected |= set(moments[:1])
        expected = {moment for moment in expected if start <= moment < end}
        assert LocalTimes("1 day", at, zone).between(start, end) == sorted(expected), at
    for hours, at in ((1, "05:00"), (1, "00:30"), (6, "02:30"), (12, "14:00"), (2, "02:00")):
        hour, minute = map(int, at.split(":"))
        every = [m for m, wall in shown if wall.minute == minute and (wall.hour - hour) % hours == 0 and start <= m < end]
        assert LocalTimes("1 hour" if hours == 1 else f"{hours} hours", at, zone).between(start, end) == every


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_the_next_day_has_every_full_hour_that_its_clocks_show(zone: str, change: datetime) -> None:
    shown = clock(zone, change - timedelta(days=3), change + timedelta(days=6))
    days = sorted({wall.date() for _, wall in shown})
    for moment in (change + step * timedelta(hours=7) for step in range(-7, 8)):
        here = moment.astimezone(ZoneInfo(zone)).date()
        following = days[days.index(here) + 1]
        expected = [each for each, wall in shown if wall.date() == following and wall.minute == 0]
        assert hours_of_next_day(moment, zone) == expected
        assert 23 <= len(expected) <= 25


def test_weeks_and_several_days_are_counted_from_a_fixed_day_so_that_the_span_does_not_move_them() -> None:
    start, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
    for times in (LocalTimes("2 weeks", "sunday 09:15:30", "Europe/Warsaw"), LocalTimes("5 days", "09:15:30", "Europe/Warsaw")):
        whole, later = times.between(start, end), times.between(start + timedelta(days=17), end)
        assert later == [moment for moment in whole if moment >= start + timedelta(days=17)]
        assert {b - a for a, b in pairwise(whole)} == {timedelta(days=14 if "week" in times.period else 5)}
    sundays = LocalTimes("1 week", "Sunday 09:15:30", "Europe/Warsaw").between(start, end)
    assert {moment.strftime("%a %H:%M:%S") for moment in sundays} == {"Sun 08:15:30"}
    assert len(sundays) == 8
    assert sundays[0].date().isoformat() == "2024-01-07"


def test_the_end_is_not_included_and_the_calendar_has_ends() -> None:
    at_six = LocalTimes("1 day", "18:00", "UTC")
    six = datetime(2024, 5, 1, 18, tzinfo=UTC)
    assert at_six.between(six, six + timedelta(days=1)) == [six]
    assert at_six.between(datetime.min.replace(tzinfo=UTC), datetime(1, 1, 5, tzinfo=UTC))[-1].day == 4
    assert at_six.between(datetime(9999, 12, 20, tzinfo=UTC), datetime.max.replace(tzinfo=UTC))[0].day == 20


@pytest.mark.parametrize(
    ("period", "at", "zone", "message"),
    [
        ("daily", "18:00", "UTC", "period 'daily' can't be read. Give a number and hours, days or weeks, such as '1 day'"),
        ("0 days", "18:00", "UTC", "period '0 days' can't be read"),
        ("5 hours", "00:00", "UTC", "5 hours don't divide a day into equal parts. Give 1, 2, 3, 4, 6, 8, 12 hours"),
        ("1 day", "6pm", "UTC", "local time '6pm' can't be read. Give a time such as '18:00'"),
        ("1 day", "24:00", "UTC", "local time '24:00' can't be read"),
        ("1 week", "18:00", "UTC", "without the day of the week. Give it too: 'Monday 18:00'"),
        ("1 week", "Someday 18:00", "UTC", "local time 'Someday 18:00' can't be read. Give a time such as 'Monday 18:00'"),
        ("1 day", "Monday 18:00", "UTC", "the day of the week is only for a period of weeks. Give '18:00'"),
        ("1 day", "18:00", "Europe/Warschau", "zone 'Europe/Warschau' is unknown. Did you mean 'Europe/Warsaw'"),
    ],
)
def test_what_cannot_be_read_is_refused(period: str, at: str, zone: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        LocalTimes(period, at, zone)
