import pandas as pd
import pytest

from tidegate_examples.flight_delays.local_times import airport_zones, instants_on, nearest_instants


def nearest(day: str, clock: float, zone: str, expected: str) -> str:
    instants = nearest_instants(
        pd.Series([pd.Timestamp(day)]),
        pd.Series([clock], dtype=float),
        pd.Series([zone]),
        pd.Series([pd.Timestamp(expected)]),
    )
    return str(instants[0])


@pytest.mark.parametrize(
    ("day", "clock", "zone", "expected", "instant"),
    [
        # 24:00 is the midnight after the day.
        ("2013-07-01", 2400, "America/New_York", "2013-07-02T03:50Z", "2013-07-02 04:00:00+00:00"),
        # Arrivals after midnight, one and two days after the flight's date.
        ("2013-07-01", 15, "America/Chicago", "2013-07-02T05:00Z", "2013-07-02 05:15:00+00:00"),
        ("2013-07-01", 130, "America/New_York", "2013-07-03T05:00Z", "2013-07-03 05:30:00+00:00"),
        # Left after midnight, landed farther west on the evening before.
        ("2013-07-02", 2355, "America/Chicago", "2013-07-02T05:00Z", "2013-07-02 04:55:00+00:00"),
        # Half past one came twice on 2013-11-03, and half past two never on 2013-03-10.
        ("2013-11-02", 130, "America/New_York", "2013-11-03T05:20Z", "2013-11-03 05:30:00+00:00"),
        ("2013-11-02", 130, "America/New_York", "2013-11-03T06:20Z", "2013-11-03 06:30:00+00:00"),
        ("2013-03-09", 230, "America/New_York", "2013-03-10T07:20Z", "2013-03-10 07:30:00+00:00"),
        ("2013-11-03", 130, "America/Puerto_Rico", "2013-11-03T06:20Z", "2013-11-03 05:30:00+00:00"),
    ],
)
def test_nearest_instants_finds_day_and_hour(day: str, clock: float, zone: str, expected: str, instant: str) -> None:
    assert nearest(day, clock, zone, expected) == instant


def test_nearest_instants_keeps_what_is_not_there() -> None:
    assert nearest("2013-07-01", float("nan"), "America/New_York", "2013-07-01T12:00Z") == "NaT"


@pytest.mark.parametrize(("day", "hours"), [("2013-03-10", 23), ("2013-07-01", 24), ("2013-11-03", 25)])
def test_instants_on_makes_days_of_23_24_and_25_hours(day: str, hours: int) -> None:
    days = pd.Series([pd.Timestamp(day)] * 2)

    start, end = instants_on(days, pd.Series([0, 2400]), "America/New_York")

    assert end - start == pd.Timedelta(hours=hours)


def test_airport_zones_has_the_islands_that_the_package_lacks() -> None:
    zones = airport_zones()

    assert {zones[faa] for faa in ("SJU", "PSE", "BQN")} == {"America/Puerto_Rico"}
    assert zones["STT"] == "America/St_Thomas"
    assert zones["HNL"] == "Pacific/Honolulu"
